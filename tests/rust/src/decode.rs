//! Bytes to a message, as a Rust consumer does it: strict UTF-8 first, then the crate's own `from_json`, or serde_json for a
//! type that has none.

use std::str::Utf8Error;

use jflow_core::checkpoint_notify::CheckpointNotification;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Value, json};

/// Why the crate refuses a payload.
#[derive(Debug)]
pub enum Refusal {
    /// The bytes are not UTF-8, so the decoder is not called.
    Utf8(Utf8Error),
    /// `CheckpointNotification::from_json` or `serde_json::from_str` returned an error.
    Json(serde_json::Error),
}

/// The crate's verdict on the bytes of one message.
pub fn decode(payload: &[u8]) -> Result<CheckpointNotification, Refusal> {
    CheckpointNotification::from_json(text(payload)?).map_err(Refusal::Json)
}

/// serde_json's verdict on the bytes of one message of any type.
pub fn decode_as<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Refusal> {
    serde_json::from_str(text(payload)?).map_err(Refusal::Json)
}

fn text(payload: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(payload).map_err(Refusal::Utf8)
}

impl Refusal {
    /// The protocol's `error` object. Offsets and columns count bytes; `offset` is that of the first byte that
    /// is not UTF-8.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Utf8(error) => json!({"category": "utf8", "offset": error.valid_up_to()}),
            Self::Json(error) => json!({
                "category": category(error),
                "message": message(error),
                "line": error.line(),
                "column": error.column(),
                "text": error.to_string(),
            }),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Utf8(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
        }
    }
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Syntax => "syntax",
        Category::Data => "data",
        Category::Eof => "eof",
        Category::Io => "io",
    }
}

/// The text without its position. serde_json writes no position for an error at line 0.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&position) {
        Some(message) => message.to_owned(),
        None => text,
    }
}
