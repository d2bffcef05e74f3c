//! Tests every golden fixture against the real crate. Each failure names its vectors.

use std::path::{Path, PathBuf};

use jflow_core::checkpoint_notify::checkpoint_channel;
use judge::decode::decode;
use judge::fixtures::{self, Files};
use judge::types::CHECKPOINT_NOTIFICATION;
use judge::vectors::{self, List};
use judge::{paths, value};
use serde_json::{Value, json};

/// The files of a fixture.
struct Vector {
    label: String,
    payload: Vec<u8>,
    sidecar: Value,
}

/// Returns every vector of the list. Panics if there is none, or if a payload or its JSON file is missing.
fn vectors_of(list: List) -> Vec<Vector> {
    let files = fixtures::read(&paths::fixtures()).unwrap();
    let paths: Vec<&PathBuf> = files.keys().filter(|path| path.starts_with(list.name())).collect();
    assert!(!paths.is_empty(), "the folder {} is missing or empty", list.name());
    let halves: Vec<&PathBuf> = paths
        .iter()
        .copied()
        .filter(|path| !files.contains_key(&other_half(path)))
        .collect();
    assert!(halves.is_empty(), "without the other half: {halves:?}");
    let payloads = paths.into_iter().filter(|path| has_extension(path, "payload"));
    payloads.map(|path| vector(&files, path)).collect()
}

fn vector(files: &Files, path: &Path) -> Vector {
    let label = path.with_extension("").display().to_string();
    let sidecar = serde_json::from_slice(&files[&other_half(path)]);
    Vector {
        payload: files[path].clone(),
        sidecar: sidecar.unwrap_or_else(|error| panic!("{label}: the sidecar is not JSON: {error}")),
        label,
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn other_half(path: &Path) -> PathBuf {
    path.with_extension(if has_extension(path, "json") { "payload" } else { "json" })
}

/// Runs one check on each vector of a list and reports all failures together.
fn check_each(list: List, check: impl Fn(&Vector) -> Result<(), String>) {
    let vectors = vectors_of(list);
    let failures: Vec<String> = vectors
        .iter()
        .filter_map(|vector| {
            check(vector)
                .err()
                .map(|problem| format!("{}: {problem}", vector.label))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        vectors.len(),
        failures.join("\n")
    );
}

fn expect(what: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("{what}\n  expected {expected}\n  actual   {actual}"))
}

/// Checks that the JSON file holds a description and one other member, and returns that member.
fn only<'a>(vector: &'a Vector, member: &str) -> Result<&'a Value, String> {
    let keys: Vec<&String> = vector
        .sidecar
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
        .collect();
    match vector.sidecar.get(member) {
        Some(value) if keys == ["description", member] => Ok(value),
        _ => Err(format!("the sidecar has the members {keys:?}")),
    }
}

fn reads_the_value(vector: &Vector) -> Result<(), String> {
    let expected = only(vector, "value")?;
    let read = decode(&vector.payload).map_err(|refusal| format!("refused: {refusal}"))?;
    expect("another value", expected, &value::to_value(&read)?)
}

/// Checks the output with sorted maps: it must equal the payload.
fn writes_the_payload(vector: &Vector) -> Result<(), String> {
    let written = (CHECKPOINT_NOTIFICATION.encode_sorted)(only(vector, "value")?)?;
    expect(
        "another payload",
        &json!(String::from_utf8_lossy(&vector.payload)),
        &json!(written),
    )
}

#[test]
fn canonical_payloads_are_read_and_written() {
    check_each(List::Canonical, |vector| {
        reads_the_value(vector)?;
        writes_the_payload(vector)
    });
}

#[test]
fn unusual_payloads_are_read_and_not_written() {
    check_each(List::Unusual, |vector| {
        reads_the_value(vector)?;
        match writes_the_payload(vector) {
            Ok(()) => Err("the crate writes this payload: it is canonical".to_owned()),
            Err(_) => Ok(()),
        }
    });
}

#[test]
fn refused_payloads_give_the_exact_error() {
    check_each(List::Refused, |vector| match decode(&vector.payload) {
        Ok(_) => Err("accepted".to_owned()),
        Err(refusal) => expect("another error", only(vector, "error")?, &refusal.to_value()),
    });
}

#[test]
fn fixtures_are_what_golden_writes() {
    let source = std::fs::read_to_string(paths::vectors()).unwrap();
    let files = vectors::load(&source).and_then(|entries| fixtures::render(&entries));
    let differences = fixtures::differences(&files.unwrap(), &paths::fixtures()).unwrap();
    assert!(differences.is_empty(), "run golden: {differences:?}");
}

#[test]
fn the_channel_is_named_after_the_instance() {
    for instance in ["default", "prod", "", "a:b c"] {
        assert_eq!(
            format!("fks:{instance}:model_checkpoints"),
            checkpoint_channel(instance)
        );
    }
}
