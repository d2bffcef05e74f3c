//! Decodes structs that upstream does not have: the message with one more field, and other messages.
//!
//! A request is a JSON line `{"id", "struct", "payload"}` with the payload in base64; the answer holds `id`, and `value`
//! (integers as decimal strings) with `written`, serde_json's text for it in base64; or `error`.

use std::collections::HashMap;
use std::io::{BufRead, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use judge::decode::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The message with a field `added` after all others; serde's texts contain the struct's name.
macro_rules! with_added_field {
    ($module:ident, $type:ty) => {
        mod $module {
            use std::collections::HashMap;

            #[derive(serde::Serialize, serde::Deserialize)]
            pub struct CheckpointNotification {
                model_path: String,
                model_name: String,
                version: u64,
                saved_at: String,
                training_step: u64,
                #[serde(default)]
                metadata: HashMap<String, String>,
                #[serde(default)]
                added: $type,
            }
        }
    };
}

with_added_field!(with_string, String);
with_added_field!(with_u64, u64);
with_added_field!(with_map, HashMap<String, String>);

#[derive(serde::Serialize, serde::Deserialize)]
struct WorkerHeartbeat {
    labels: HashMap<String, String>,
    sequence: u64,
    worker: String,
    #[serde(default = "one")]
    interval: u64,
    #[serde(default)]
    note: String,
}

fn one() -> u64 {
    1
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Tick {
    at: u64,
}

fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let mut answer = answer(&request).unwrap_or_else(|failure| json!({"failure": failure}));
        answer["id"] = request["id"].clone();
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(request: &Value) -> Result<Value, String> {
    let payload = request["payload"].as_str().unwrap_or_default();
    let payload = STANDARD.decode(payload).map_err(|error| error.to_string())?;
    let judge = match request["struct"].as_str().unwrap_or_default() {
        "with_string" => verdict::<with_string::CheckpointNotification>,
        "with_u64" => verdict::<with_u64::CheckpointNotification>,
        "with_map" => verdict::<with_map::CheckpointNotification>,
        "WorkerHeartbeat" => verdict::<WorkerHeartbeat>,
        "Tick" => verdict::<Tick>,
        other => return Err(format!("there is no struct {other:?}")),
    };
    judge(&payload).or_else(|refusal| Ok(json!({"error": refusal.to_value()})))
}

fn verdict<T: Serialize + DeserializeOwned>(payload: &[u8]) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(payload).map_err(Refusal::Utf8)?;
    let read: T = serde_json::from_str(text).map_err(Refusal::Json)?;
    let mut value = serde_json::to_value(&read).map_err(Refusal::Json)?;
    for field in value.as_object_mut().into_iter().flat_map(|object| object.values_mut()) {
        if field.is_number() {
            *field = Value::from(field.to_string());
        }
    }
    let written = serde_json::to_string(&read).map_err(Refusal::Json)?;
    Ok(json!({"value": value, "written": STANDARD.encode(written)}))
}
