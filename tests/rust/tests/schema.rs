//! Compares the crate's struct with the schema from which the Python class is generated. The tests probe the
//! struct through its two functions.

use std::fmt;

use jflow_core::checkpoint_notify::CheckpointNotification;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The keys of a JSON object in the order of the text; serde_json's map does not keep this order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}

#[derive(serde::Deserialize)]
struct Properties {
    properties: Keys,
}

fn schema_text() -> String {
    std::fs::read_to_string(judge::paths::schema()).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&schema_text()).unwrap()
}

fn field_names() -> Vec<String> {
    let Properties {
        properties: Keys(names),
    } = serde_json::from_str(&schema_text()).unwrap();
    names
}

/// Returns the subschema of a field, after following its `$ref` into `$defs`.
fn subschema(field: &str) -> Value {
    let schema = schema();
    let property = &schema["properties"][field];
    match property["$ref"].as_str() {
        Some(reference) => schema.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => property.clone(),
    }
}

/// The fields whose subschema has this type.
fn fields_of_type(wanted: &str) -> Vec<String> {
    let names: Vec<String> = field_names()
        .into_iter()
        .filter(|field| subschema(field)["type"] == wanted)
        .collect();
    assert!(!names.is_empty(), "the schema has no field of type {wanted}");
    names
}

fn sample() -> CheckpointNotification {
    CheckpointNotification::new("a/b.bin", "net")
        .with_version(7)
        .with_training_step(8)
        .with_metadata("k", "v")
}

fn encoded(notification: &CheckpointNotification) -> Value {
    serde_json::from_str(&notification.to_json().unwrap()).unwrap()
}

/// The sample's payload with one field given as raw JSON (None: left out).
fn payload_with(field: &str, raw: Option<&str>) -> String {
    let mut members: Vec<String> = Vec::new();
    for (key, value) in encoded(&sample()).as_object().unwrap() {
        if key != field {
            members.push(format!("{}:{value}", Value::from(key.as_str())));
        }
    }
    members.extend(raw.map(|raw| format!("{}:{raw}", Value::from(field))));
    format!("{{{}}}", members.join(","))
}

/// Returns the value of `field` in the crate's struct after reading the raw JSON there (None: the field is absent).
fn read(field: &str, raw: Option<&str>) -> Result<Value, String> {
    match CheckpointNotification::from_json(&payload_with(field, raw)) {
        Ok(notification) => Ok(encoded(&notification)[field].clone()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn fields_and_their_order_are_the_schema_s() {
    let Keys(written) = serde_json::from_str(&sample().to_json().unwrap()).unwrap();
    assert_eq!(field_names(), written);
}

#[test]
fn a_field_is_required_or_has_the_schema_s_default() {
    let schema = schema();
    let required = schema["required"].as_array().unwrap();
    for field in field_names() {
        let absent = read(&field, None);
        if required.contains(&Value::from(field.as_str())) {
            let error = absent.expect_err(&field);
            assert!(
                error.starts_with(&format!("missing field `{field}`")),
                "{field}: {error}"
            );
        } else {
            let default = schema["properties"][&field].get("default").expect(&field);
            assert_eq!(Ok(default), absent.as_ref(), "{field}");
        }
    }
}

#[test]
fn integers_have_the_schema_s_bounds() {
    for field in fields_of_type("integer") {
        let subschema = subschema(&field);
        let [least, most] = ["minimum", "maximum"].map(|bound| i128::from(subschema[bound].as_u64().unwrap()));
        for inside in [least, most] {
            let raw = inside.to_string();
            assert_eq!(
                Ok(raw.clone()),
                read(&field, Some(&raw)).map(|value| value.to_string()),
                "{field}"
            );
        }
        for outside in [least - 1, most + 1] {
            let verdict = read(&field, Some(&outside.to_string()));
            assert!(verdict.is_err(), "{field} took {outside}");
        }
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    let examples = [
        ("string", r#""s""#),
        ("integer", "1"),
        ("object", "{}"),
        ("number", "1.5"),
        ("null", "null"),
    ];
    for field in field_names() {
        let wanted = subschema(&field)["type"].as_str().unwrap().to_owned();
        for (kind, raw) in examples {
            let verdict = read(&field, Some(raw));
            assert_eq!(
                kind == wanted,
                verdict.is_ok(),
                "{field} given a value of type {kind}: {verdict:?}"
            );
        }
    }
}

#[test]
fn metadata_values_are_strings_only() {
    for field in fields_of_type("object") {
        assert_eq!(
            Some("string"),
            subschema(&field)["additionalProperties"]["type"].as_str(),
            "{field}"
        );
        assert!(read(&field, Some(r#"{"a":"b"}"#)).is_ok(), "{field}");
        for raw in ["1", "1.5", "null", "true", "[]", "{}"] {
            let verdict = read(&field, Some(&format!(r#"{{"a":{raw}}}"#)));
            assert!(verdict.is_err(), "{field} took a value {raw}");
        }
    }
}

#[test]
fn unknown_fields_are_allowed_as_the_schema_says() {
    let allowed = schema()["additionalProperties"].as_bool().unwrap();
    let payload = payload_with("no_field_of_the_schema", Some("[1]"));
    assert_eq!(allowed, CheckpointNotification::from_json(&payload).is_ok());
}

#[test]
fn the_schema_s_examples_are_read() {
    let schema = schema();
    let examples = schema["examples"].as_array().unwrap();
    assert!(!examples.is_empty());
    for example in examples {
        let mut expected = example.clone();
        if expected.get("metadata").is_none() {
            expected["metadata"] = schema["properties"]["metadata"]["default"].clone();
        }
        let notification = CheckpointNotification::from_json(&example.to_string()).unwrap();
        assert_eq!(expected, encoded(&notification));
    }
}
