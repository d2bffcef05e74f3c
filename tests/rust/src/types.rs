//! The types that the judge knows, by name.

pub mod extended;
mod own;
pub mod pairs;

use jflow_core::ModuleInfo;
use jflow_core::checkpoint_notify::CheckpointNotification;
use jflow_core::optimized_params::{BacktestResultSummary, OptimizedParams};
use jflow_core::position_events::{Guidance, PositionClose, PositionEvent, PositionOutcome};
use jflow_core::session_metrics::SessionMetrics;
use jflow_core::state::{HealthStatus, ModuleHealthSummary};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::decode::{Refusal, decode, decode_as};
use crate::encode::sorted_json;
use crate::value::{from_value, to_value};

/// The type that a request without a `type` is about.
pub const MESSAGE: &str = "CheckpointNotification";

/// What can be asked about one type.
#[derive(Clone, Copy)]
pub struct Type {
    pub name: &'static str,
    /// The value that a payload holds.
    pub decode: fn(&[u8]) -> Result<Value, Refusal>,
    /// The text that is written for a value.
    pub encode: fn(&Value) -> Result<String, String>,
    /// The same with the entries of maps in the order of their keys.
    pub encode_sorted: fn(&Value) -> Result<String, String>,
}

impl Type {
    const fn of<T: Serialize + DeserializeOwned>(name: &'static str) -> Self {
        Self {
            name,
            decode: |payload| value_of(decode_as::<T>(payload)),
            encode: |value| text_of(&from_value::<T>(value)?, serde_json::to_string),
            encode_sorted: |value| sorted_json::<T>(value, serde_json::to_string),
        }
    }
}

fn value_of<T: Serialize>(read: Result<T, Refusal>) -> Result<Value, Refusal> {
    Ok(to_value(&read?).expect("the protocol has a value for each kind that is here"))
}

fn text_of<T>(message: &T, to_json: fn(&T) -> serde_json::Result<String>) -> Result<String, String> {
    to_json(message).map_err(|error| error.to_string())
}

/// `Name => type` for each type; one without `=>` is named as it is.
macro_rules! types {
    ($($name:literal => $type:ty,)*) => {
        &[$($crate::types::Type::of::<$type>($name),)*]
    };
    ($($type:ident,)*) => {
        &[$($crate::types::Type::of::<$type>(stringify!($type)),)*]
    };
}
pub(crate) use types;

/// The message itself, by the crate's own functions.
pub const CHECKPOINT_NOTIFICATION: Type = Type {
    name: MESSAGE,
    decode: |payload| value_of(decode(payload)),
    encode: |value| text_of(&from_value(value)?, CheckpointNotification::to_json),
    encode_sorted: |value| sorted_json(value, CheckpointNotification::to_json),
};

/// Types of the crate, which nobody here wrote.
const REAL: &[Type] = types![
    OptimizedParams,
    BacktestResultSummary,
    PositionEvent,
    PositionClose,
    PositionOutcome,
    Guidance,
    SessionMetrics,
    HealthStatus,
    ModuleHealthSummary,
    ModuleInfo,
];

/// All types but those of the pairs.
pub fn kinds() -> impl Iterator<Item = &'static Type> {
    [REAL, own::TYPES, extended::TYPES].into_iter().flatten()
}

/// All types.
pub fn all() -> impl Iterator<Item = &'static Type> {
    [
        CHECKPOINT_NOTIFICATION_ONLY,
        REAL,
        own::TYPES,
        extended::TYPES,
        pairs::TYPES,
    ]
    .into_iter()
    .flatten()
}

const CHECKPOINT_NOTIFICATION_ONLY: &[Type] = &[CHECKPOINT_NOTIFICATION];

/// The type of this name.
pub fn find(name: &str) -> Option<&'static Type> {
    all().find(|found| found.name == name)
}
