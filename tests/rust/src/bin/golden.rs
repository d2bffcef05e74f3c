//! `golden [--check] [--source FILE] [--out FOLDER] [--kinds FOLDER]`: asks the crate about each vector of the source and
//! writes the fixtures, and about each type whose schema lies in the folder of kinds, and writes the vectors there.
//!
//! Exit status: 0 if all files are correct; 1 with `--check` if a file is missing, stale or in no list; 2 if the source
//! or a schema is faulty, or an entry's list does not fit the crate's answer; then nothing is written.

use std::path::PathBuf;
use std::process::ExitCode;

use judge::{fixtures, kind_vectors, paths, vectors};

struct Options {
    check: bool,
    source: PathBuf,
    out: PathBuf,
    kinds: PathBuf,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(run) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("golden: {problem}");
            ExitCode::from(2)
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        check: false,
        source: paths::vectors(),
        out: paths::fixtures(),
        kinds: paths::kinds(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--check" => options.check = true,
            "--source" => options.source = PathBuf::from(value()?),
            "--out" => options.out = PathBuf::from(value()?),
            "--kinds" => options.kinds = PathBuf::from(value()?),
            _ => return Err(format!("unknown argument {argument:?}")),
        }
    }
    Ok(options)
}

fn run(options: Options) -> Result<ExitCode, String> {
    let source =
        std::fs::read_to_string(&options.source).map_err(|error| format!("{}: {error}", options.source.display()))?;
    let files = vectors::load(&source)
        .and_then(|entries| fixtures::render(&entries))
        .map_err(|problems| list("faults in the source", &problems))?;
    let kinds = kind_vectors::render(&options.kinds)?;
    if options.check {
        return check(&files, &kinds, &options);
    }
    let changed = fixtures::write(&files, &options.out)
        .map_err(|error| error.to_string())?
        .len()
        + kind_vectors::write(&kinds, &vectors_folder(&options))
            .map_err(|error| error.to_string())?
            .len();
    println!("{} files, {changed} changed", files.len() + kinds.len());
    Ok(ExitCode::SUCCESS)
}

fn vectors_folder(options: &Options) -> PathBuf {
    options.kinds.join("vectors")
}

fn check(files: &fixtures::Files, kinds: &kind_vectors::Files, options: &Options) -> Result<ExitCode, String> {
    let differences = fixtures::differences(files, &options.out).map_err(|error| error.to_string())?;
    let folder = vectors_folder(options);
    let stale = kind_vectors::differences(kinds, &folder).map_err(|error| error.to_string())?;
    let lines: Vec<String> = differences
        .iter()
        .map(|(path, what)| format!("{} {what}", path.display()))
        .chain(
            stale
                .iter()
                .map(|path| format!("{} differs", folder.join(path).display())),
        )
        .collect();
    if lines.is_empty() {
        println!("{} files, none differs", files.len() + kinds.len());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("golden: {}", list("differences", &lines));
    Ok(ExitCode::from(1))
}

fn list(what: &str, lines: &[String]) -> String {
    format!("{} {what}\n  {}", lines.len(), lines.join("\n  "))
}
