//! The written source of the golden vectors: three lists of entries in one TOML file.
//!
//! The loader checks everything that does not need the crate: types, names, descriptions and repetitions.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::hash::Hash;

use base64::{Engine, engine::general_purpose::STANDARD};
use jflow_core::checkpoint_notify::CheckpointNotification;
use serde_json::{Map, Value};

use crate::value::from_value;

/// What the crate does with a payload of each list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Written and read by Rust.
    Canonical,
    /// Read, but never written.
    Unusual,
    /// Refused.
    Refused,
}

impl List {
    pub const ALL: [List; 3] = [List::Canonical, List::Unusual, List::Refused];

    /// The list's name: the array in the source, and the folder of its fixtures.
    pub fn name(self) -> &'static str {
        match self {
            List::Canonical => "canonical",
            List::Unusual => "unusual",
            List::Refused => "refused",
        }
    }
}

/// One entry of the source.
pub struct Entry {
    pub name: String,
    pub description: String,
    pub subject: Subject,
}

/// The content of an entry: a value to write, or bytes to read.
pub enum Subject {
    Canonical(Value),
    Unusual(Vec<u8>),
    Refused(Vec<u8>),
}

impl Entry {
    pub fn list(&self) -> List {
        match self.subject {
            Subject::Canonical(_) => List::Canonical,
            Subject::Unusual(_) => List::Unusual,
            Subject::Refused(_) => List::Refused,
        }
    }

    /// The name of the entry in messages.
    pub fn label(&self) -> String {
        format!("{}/{}", self.list().name(), self.name)
    }
}

/// Returns all entries in the order of the file, or all problems of the file, each with the name of its entry.
pub fn load(toml: &str) -> Result<Vec<Entry>, Vec<String>> {
    let source: Map<String, Value> =
        toml::from_str(toml).map_err(|error| vec![format!("not readable as TOML: {error}")])?;
    let mut problems = unknown_lists(&source);
    let mut entries = Vec::new();
    for list in List::ALL {
        for result in read_list(list, source.get(list.name())) {
            match result {
                Ok(entry) => entries.push(entry),
                Err(problem) => problems.push(problem),
            }
        }
    }
    problems.extend(repetitions("name", entries.iter().map(|entry| (entry, &entry.name))));
    problems.extend(repetitions(
        "description",
        entries.iter().map(|entry| (entry, &entry.description)),
    ));
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(problems)
    }
}

fn unknown_lists(source: &Map<String, Value>) -> Vec<String> {
    let known = List::ALL.map(List::name);
    let unknown = source.keys().filter(|key| !known.contains(&key.as_str()));
    unknown.map(|key| format!("unknown list {key:?}")).collect()
}

fn read_list(list: List, tables: Option<&Value>) -> Vec<Result<Entry, String>> {
    match tables.and_then(Value::as_array) {
        Some(tables) if !tables.is_empty() => tables
            .iter()
            .enumerate()
            .map(|(index, table)| read_entry(list, index, table))
            .collect(),
        _ => vec![Err(format!("the list {} is empty", list.name()))],
    }
}

fn read_entry(list: List, index: usize, table: &Value) -> Result<Entry, String> {
    let nameless = || format!("{} entry number {}", list.name(), index + 1);
    let name = table
        .get("name")
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{}: no name", nameless()))?;
    let named = |problem: String| format!("{}/{name}: {problem}", list.name());
    check_name(name).map_err(named)?;
    Ok(Entry {
        name: name.to_owned(),
        description: description(table).map_err(named)?,
        subject: subject(list, table).map_err(named)?,
    })
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.is_empty() && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err("the name is not made of a-z, 0-9 and _".to_owned())
    }
}

fn description(table: &Value) -> Result<String, String> {
    match table.get("description").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("no description".to_owned()),
    }
}

fn subject(list: List, table: &Value) -> Result<Subject, String> {
    let members = table.as_object().into_iter().flatten();
    let rest: Vec<(&str, &Value)> = members
        .map(|(key, value)| (key.as_str(), value))
        .filter(|(key, _)| !["name", "description"].contains(key))
        .collect();
    let [(form, content)] = rest[..] else {
        let keys: Vec<&str> = rest.iter().map(|(key, _)| *key).collect();
        return Err(format!("exactly one form is wanted, found {keys:?}"));
    };
    match list {
        List::Canonical if form == "value" => {
            from_value::<CheckpointNotification>(content).map(|_| Subject::Canonical(content.clone()))
        }
        List::Canonical => Err(format!("unknown member {form:?}")),
        List::Unusual => payload(form, content).map(Subject::Unusual),
        List::Refused => payload(form, content).map(Subject::Refused),
    }
}

fn payload(form: &str, content: &Value) -> Result<Vec<u8>, String> {
    match form {
        "payload" => Ok(text(content)?.as_bytes().to_vec()),
        "payload_base64" => STANDARD
            .decode(text(content)?)
            .map_err(|error| format!("payload_base64: {error}")),
        "payload_parts" => parts(content),
        _ => Err(format!("unknown member {form:?}")),
    }
}

fn parts(content: &Value) -> Result<Vec<u8>, String> {
    let parts = content.as_array().ok_or("payload_parts is not an array")?;
    let texts: Result<Vec<String>, String> = parts.iter().map(part).collect();
    Ok(texts?.concat().into_bytes())
}

/// A piece of a payload: text, or `{ repeat = text, times = number }`.
fn part(part: &Value) -> Result<String, String> {
    match part {
        Value::Object(table) => {
            let repeat = text(table.get("repeat").ok_or("a part has no `repeat`")?)?;
            let times = table.get("times").and_then(Value::as_u64);
            match (times.map(usize::try_from), table.len()) {
                (Some(Ok(times)), 2) => Ok(repeat.repeat(times)),
                _ => Err("a part is not { repeat = text, times = number }".to_owned()),
            }
        }
        other => text(other).map(str::to_owned),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("a string is wanted, found {value}"))
}

/// A problem for each entry whose key an earlier entry has too.
pub fn repetitions<'a, K: Eq + Hash>(what: &str, keys: impl Iterator<Item = (&'a Entry, K)>) -> Vec<String> {
    let mut first = HashMap::new();
    let mut problems = Vec::new();
    for (entry, key) in keys {
        match first.entry(key) {
            Occupied(earlier) => problems.push(format!("{}: has the {what} of {}", entry.label(), earlier.get())),
            Vacant(place) => {
                place.insert(entry.label());
            }
        }
    }
    problems
}
