//! The peer protocol, version 1: each line is one JSON request or one JSON response.
//!
//! A response holds a verdict (`value`, `payload`, `url`, `error`) or a `failure`. A `failure` means that the
//! request was not understood; it is not a verdict of the crate.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::redis_url;
use crate::types::{self, CHECKPOINT_NOTIFICATION, Type};

/// The version that Cargo.toml pins (a test compares it with Cargo.lock).
pub const CRATE_VERSION: &str = "0.1.0";

/// The failure for a type that this peer does not know.
pub const UNSUPPORTED: &str = "unsupported";

/// One response, and whether the peer ends after it.
pub struct Reply {
    pub response: Value,
    pub stop: bool,
}

/// Returns the answer to one request line. It panics for no content of the line.
pub fn answer(line: &[u8]) -> Reply {
    let request: Value = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => return failure(Value::Null, &format!("the request is not JSON: {error}")),
    };
    let id = request.get("id").cloned().unwrap_or_default();
    if !(id.is_i64() || id.is_u64()) {
        return failure(Value::Null, "the request has no integer `id`");
    }
    let op = request.get("op").and_then(Value::as_str).unwrap_or("");
    match run(op, &request) {
        Ok(response) => Reply {
            response: with_id(response, id),
            stop: op == "stop",
        },
        Err(what) => failure(id, &what),
    }
}

/// The response to a request that was not understood.
pub fn failure(id: Value, what: &str) -> Reply {
    Reply {
        response: json!({"id": id, "failure": what}),
        stop: false,
    }
}

fn run(op: &str, request: &Value) -> Result<Value, String> {
    match op {
        "hello" => Ok(json!({
            "name": "jflow-core",
            "version": CRATE_VERSION,
            "protocol": 1,
            "message": "checkpoint_notification",
        })),
        "decode" => run_decode(kind(request)?, text(request, "payload")?),
        "encode" => run_encode(
            kind(request)?,
            request.get("value").ok_or("the request has no `value`")?,
        ),
        "types" => Ok(json!({"types": types::all().map(|found| found.name).collect::<Vec<_>>()})),
        "url" => redis_url::answer(text(request, "url")?),
        "stop" => Ok(json!({"stopped": true})),
        _ => Err(format!("unknown op {op:?}")),
    }
}

/// The type that a request is about.
fn kind(request: &Value) -> Result<&'static Type, String> {
    match request.get("type") {
        None => Ok(&CHECKPOINT_NOTIFICATION),
        Some(Value::String(name)) => types::find(name).ok_or_else(|| UNSUPPORTED.to_owned()),
        Some(_) => Err("`type` is not a string".to_owned()),
    }
}

fn run_decode(kind: &Type, payload: &str) -> Result<Value, String> {
    let bytes = STANDARD
        .decode(payload)
        .map_err(|error| format!("`payload` is not base64: {error}"))?;
    Ok(verdict(kind, &bytes))
}

/// Returns the type's answer to a payload: an object with the member `value` or `error`.
pub fn verdict(kind: &Type, payload: &[u8]) -> Value {
    match (kind.decode)(payload) {
        Ok(value) => json!({"value": value}),
        Err(refusal) => json!({"error": refusal.to_value()}),
    }
}

fn run_encode(kind: &Type, value: &Value) -> Result<Value, String> {
    let text = (kind.encode)(value)?;
    Ok(json!({"payload": STANDARD.encode(text)}))
}

fn text<'a>(request: &'a Value, member: &str) -> Result<&'a str, String> {
    request
        .get(member)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("the request has no string `{member}`"))
}

fn with_id(mut response: Value, id: Value) -> Value {
    response["id"] = id;
    response
}
