//! The golden fixtures: the crate's answer to each vector, and the files that store it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::protocol;
use crate::types::CHECKPOINT_NOTIFICATION as MESSAGE;
use crate::vectors::{Entry, List, Subject, repetitions};

/// Relative path (`list/name.payload`, `list/name.json`) to content.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Returns the files of all entries, or a problem for each entry whose list does not fit the crate's answer.
pub fn render(entries: &[Entry]) -> Result<Files, Vec<String>> {
    let mut files = Files::new();
    let mut problems = Vec::new();
    for entry in entries {
        match payload(entry) {
            Ok(payload) => add(&mut files, entry, payload),
            Err(problem) => problems.push(format!("{}: {problem}", entry.label())),
        }
    }
    if problems.is_empty() {
        problems = repeated_payloads(entries, &files);
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// Returns the wire bytes of an entry, after the crate has confirmed the entry's list.
fn payload(entry: &Entry) -> Result<Vec<u8>, String> {
    match &entry.subject {
        Subject::Canonical(value) => own_output(value),
        Subject::Unusual(payload) => match (MESSAGE.decode)(payload) {
            Ok(read) if (MESSAGE.encode_sorted)(&read).is_ok_and(|text| text.as_bytes() == payload) => {
                Err("the crate writes it: it is canonical".to_owned())
            }
            Ok(_) => Ok(payload.clone()),
            Err(refusal) => Err(format!("the crate refuses it: {refusal}")),
        },
        Subject::Refused(payload) => match (MESSAGE.decode)(payload) {
            Ok(_) => Err("the crate accepts it".to_owned()),
            Err(_) => Ok(payload.clone()),
        },
    }
}

fn own_output(value: &Value) -> Result<Vec<u8>, String> {
    let text = (MESSAGE.encode_sorted)(value)?;
    match (MESSAGE.decode)(text.as_bytes()) {
        Ok(read) if read == *value => Ok(text.into_bytes()),
        Ok(_) => Err("the crate reads its own output as another value".to_owned()),
        Err(refusal) => Err(format!("the crate refuses its own output: {refusal}")),
    }
}

fn add(files: &mut Files, entry: &Entry, payload: Vec<u8>) {
    let mut sidecar = json!({"description": entry.description});
    if let (Value::Object(sidecar), Value::Object(verdict)) = (&mut sidecar, protocol::verdict(&MESSAGE, &payload)) {
        sidecar.extend(verdict);
    }
    files.insert(path(entry, "json"), format!("{sidecar:#}\n").into_bytes());
    files.insert(path(entry, "payload"), payload);
}

fn path(entry: &Entry, extension: &str) -> PathBuf {
    Path::new(entry.list().name()).join(format!("{}.{extension}", entry.name))
}

fn repeated_payloads(entries: &[Entry], files: &Files) -> Vec<String> {
    repetitions(
        "payload",
        entries.iter().map(|entry| (entry, &files[&path(entry, "payload")])),
    )
}

/// Returns how the folder differs from the expected files: each relative path, and what is wrong with it.
pub fn differences(files: &Files, folder: &Path) -> io::Result<Vec<(PathBuf, &'static str)>> {
    let found = read(folder)?;
    let mut differences = Vec::new();
    for (path, content) in files {
        match found.get(path) {
            None => differences.push((path.clone(), "is missing")),
            Some(other) if other != content => differences.push((path.clone(), "differs")),
            Some(_) => {}
        }
    }
    let extra = found.keys().filter(|path| !files.contains_key(*path));
    differences.extend(extra.map(|path| (path.clone(), "is in no list")));
    Ok(differences)
}

/// Makes the folder hold these files and no other fixture; returns what was changed.
pub fn write(files: &Files, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for (path, _) in differences(files, folder)? {
        let target = folder.join(&path);
        match files.get(&path) {
            Some(content) => {
                fs::create_dir_all(target.parent().unwrap_or(folder))?;
                fs::write(target, content)?;
            }
            None => fs::remove_file(target)?,
        }
        changed.push(path);
    }
    Ok(changed)
}

/// Returns the files in the three folders; a folder that does not exist has none. A file that is not a fixture is
/// an error: it belongs elsewhere, and the generator must not delete it.
pub fn read(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for list in List::ALL {
        let directory = folder.join(list.name());
        if !directory.try_exists()? {
            continue;
        }
        for item in fs::read_dir(directory)? {
            let path = item?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if !matches!(extension, Some("payload" | "json")) {
                let message = format!("{} is not a fixture", path.display());
                return Err(io::Error::other(message));
            }
            let name = path.file_name().unwrap_or_default();
            files.insert(Path::new(list.name()).join(name), fs::read(&path)?);
        }
    }
    Ok(files)
}
