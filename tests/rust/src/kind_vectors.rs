//! The golden vectors of all types but the message: a folder for each type, a file of JSON lines for each list; and what was
//! measured of the pairs.
//!
//! No payload is assigned to a list here: the type is asked, and what it writes itself is canonical.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::cases::{Case, cases};
use crate::pair_facts;
use crate::protocol::verdict;
use crate::schema;
use crate::types::{Type, extended, kinds};
use crate::vectors::List;

/// Relative path to content.
pub type Files = BTreeMap<PathBuf, String>;

/// The files for all types whose schemas lie in this folder.
pub fn render(schemas: &Path) -> Result<Files, String> {
    let mut files = Files::new();
    for kind in kinds() {
        let path = schemas.join(format!("{}.schema.json", kind.name));
        let named = |problem: String| format!("{}: {problem}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| named(error.to_string()))?;
        let shape = schema::read(&text).map_err(named)?;
        let lists = judged(kind, cases(&shape, extended::first_added(kind.name)))?;
        for list in List::ALL {
            let lines = lists.get(&list).map(|lines| lines.concat()).unwrap_or_default();
            files.insert(Path::new(kind.name).join(format!("{}.jsonl", list.name())), lines);
        }
    }
    files.insert(PathBuf::from("pairs/facts.jsonl"), facts(&schemas.join("pairs.json"))?);
    Ok(files)
}

fn facts(path: &Path) -> Result<String, String> {
    let named = |problem: String| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let pairs = schema::read_pairs(&text).map_err(named)?;
    pairs
        .iter()
        .map(|(name, old, new)| pair_facts::line(name, old, new))
        .collect()
}

/// The lines of each list. A payload stands once; what the type writes for an accepted one is there too.
fn judged(kind: &Type, cases: Vec<Case>) -> Result<BTreeMap<List, Vec<String>>, String> {
    let mut lists: BTreeMap<List, Vec<String>> = BTreeMap::new();
    let mut payloads = HashSet::new();
    for case in cases {
        let answer = verdict(kind, &case.payload);
        let list = match answer.get("value") {
            None => List::Refused,
            Some(value) => {
                let written = (kind.encode_sorted)(value).map_err(|problem| format!("{}: {problem}", case.name))?;
                if written.as_bytes() == case.payload {
                    List::Canonical
                } else {
                    let (name, payload) = (format!("{}_as_written", case.name), written.into_bytes());
                    if verdict(kind, &payload) == answer && payloads.insert(payload.clone()) {
                        lists
                            .entry(List::Canonical)
                            .or_default()
                            .push(line(&name, &payload, &answer));
                    }
                    List::Unusual
                }
            }
        };
        if payloads.insert(case.payload.clone()) {
            lists
                .entry(list)
                .or_default()
                .push(line(&case.name, &case.payload, &answer));
        }
    }
    Ok(lists)
}

fn line(name: &str, payload: &[u8], answer: &Value) -> String {
    let mut line = answer.clone();
    line["name"] = json!(name);
    match std::str::from_utf8(payload) {
        Ok(text) => line["payload"] = json!(text),
        Err(_) => line["payload_base64"] = json!(STANDARD.encode(payload)),
    }
    format!("{line}\n")
}

/// The paths whose content is another than it should be, or that should not be there.
pub fn differences(files: &Files, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = files
        .iter()
        .filter(|(path, content)| fs::read_to_string(folder.join(path)).ok().as_ref() != Some(content))
        .map(|(path, _)| path.clone())
        .collect();
    if folder.is_dir() {
        for kind in fs::read_dir(folder)? {
            for file in fs::read_dir(kind?.path())? {
                let path = file?.path();
                let path = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                if !files.contains_key(&path) {
                    found.push(path);
                }
            }
        }
    }
    Ok(found)
}

/// Makes the folder hold these files and no other; returns what was changed.
pub fn write(files: &Files, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let changed = differences(files, folder)?;
    for path in &changed {
        let target = folder.join(path);
        match files.get(path) {
            Some(content) => {
                fs::create_dir_all(target.parent().unwrap_or(folder))?;
                fs::write(target, content)?;
            }
            None => fs::remove_file(target)?,
        }
    }
    Ok(changed)
}
