//! A `CheckpointNotification` as the protocol's JSON value, and back. Both u64 fields travel as decimal
//! strings, because many JSON readers round integers beyond 2^53.

use std::collections::HashMap;

use jflow_core::checkpoint_notify::CheckpointNotification;
use serde_json::{Map, Value, json};

/// The notification as a JSON object; the metadata keys are sorted.
pub fn to_value(notification: &CheckpointNotification) -> Value {
    let metadata: Map<String, Value> = notification
        .metadata
        .iter()
        .map(|(key, text)| (key.clone(), Value::from(text.as_str())))
        .collect();
    json!({
        "model_path": notification.model_path,
        "model_name": notification.model_name,
        "version": notification.version.to_string(),
        "saved_at": notification.saved_at,
        "training_step": notification.training_step.to_string(),
        "metadata": metadata,
    })
}

/// Returns the notification that a JSON object describes. It must have exactly the six members, each of its type.
pub fn from_value(value: &Value) -> Result<CheckpointNotification, String> {
    let object = value.as_object().ok_or("value is not an object")?;
    let notification = CheckpointNotification {
        model_path: string(object, "model_path")?,
        model_name: string(object, "model_name")?,
        version: decimal(object, "version")?,
        saved_at: string(object, "saved_at")?,
        training_step: decimal(object, "training_step")?,
        metadata: strings(object, "metadata")?,
    };
    let known = to_value(&notification);
    match object.keys().find(|key| known.get(key).is_none()) {
        Some(key) => Err(format!("value has an unknown member {key:?}")),
        None => Ok(notification),
    }
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    object.get(name).ok_or_else(|| format!("value has no member {name:?}"))
}

fn string(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    let text = member(object, name)?.as_str();
    text.map(str::to_owned).ok_or_else(|| format!("{name} is not a string"))
}

fn decimal(object: &Map<String, Value>, name: &str) -> Result<u64, String> {
    let text = string(object, name)?;
    match text.parse::<u64>() {
        // `parse` also accepts `+7` and `007`, but the protocol has only one spelling for each number.
        Ok(number) if number.to_string() == text => Ok(number),
        _ => Err(format!("{name} is not a u64 in decimal digits: {text:?}")),
    }
}

fn strings(object: &Map<String, Value>, name: &str) -> Result<HashMap<String, String>, String> {
    let map = member(object, name)?
        .as_object()
        .ok_or_else(|| format!("{name} is not an object"))?;
    map.iter()
        .map(|(key, text)| match text.as_str() {
            Some(text) => Ok((key.clone(), text.to_owned())),
            None => Err(format!("{name}[{key:?}] is not a string")),
        })
        .collect()
}
