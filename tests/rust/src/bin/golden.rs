//! `golden [--check] [--source FILE] [--out FOLDER]`: asks the crate about each vector of the source and writes
//! the fixtures.
//!
//! Exit status: 0 if all fixtures are correct; 1 with `--check` if a fixture is missing, stale or in no list; 2 if
//! the source is faulty or an entry's list does not fit the crate's answer; then nothing is written.

use std::path::PathBuf;
use std::process::ExitCode;

use judge::{fixtures, paths, vectors};

struct Options {
    check: bool,
    source: PathBuf,
    out: PathBuf,
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
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--check" => options.check = true,
            "--source" => options.source = PathBuf::from(value()?),
            "--out" => options.out = PathBuf::from(value()?),
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
    if options.check {
        return check(&files, &options);
    }
    let changed = fixtures::write(&files, &options.out).map_err(|error| error.to_string())?;
    println!("{} files, {} changed", files.len(), changed.len());
    Ok(ExitCode::SUCCESS)
}

fn check(files: &fixtures::Files, options: &Options) -> Result<ExitCode, String> {
    let differences = fixtures::differences(files, &options.out).map_err(|error| error.to_string())?;
    if differences.is_empty() {
        println!("{} files, none differs", files.len());
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<String> = differences
        .iter()
        .map(|(path, what)| format!("{} {what}", path.display()))
        .collect();
    eprintln!("golden: {}", list("differences", &lines));
    Ok(ExitCode::from(1))
}

fn list(what: &str, lines: &[String]) -> String {
    format!("{} {what}\n  {}", lines.len(), lines.join("\n  "))
}
