//! A message of any type as the protocol's JSON value, and back.
//!
//! Each number travels as a string: an integer in decimal digits, because many JSON readers round integers beyond 2^53; a
//! float in the shortest text that names it, as serde_json writes it, because some JSON readers, serde_json among them, do
//! not read the nearest float. All fields are there, also those that `skip_serializing_if` leaves out on the wire.

mod read;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The message as a JSON value.
pub fn to_value<T: Serialize>(message: &T) -> Result<Value, String> {
    written(message).map(|written| written.value)
}

/// The message that a JSON value describes. Strict: all members and no other, each number in its one spelling.
pub fn from_value<T: Serialize + DeserializeOwned>(value: &Value) -> Result<T, String> {
    let message = T::deserialize(read::Protocol(value)).map_err(|error| error.to_string())?;
    let known = to_value(&message)?;
    if &known == value {
        Ok(message)
    } else {
        Err(format!("the value is not spelled as {known}"))
    }
}

/// A message as a JSON value, and what the value does not show.
pub struct Written {
    pub value: Value,
    /// Whether the keys of all its maps came in sorted order.
    pub sorted: bool,
    /// The number of entries of its largest map.
    pub most_entries: usize,
}

/// The message as a JSON value, with the order and size of its maps.
pub fn written<T: Serialize>(message: &T) -> Result<Written, String> {
    let maps = write::Maps::default();
    let value = message
        .serialize(write::Protocol(&maps))
        .map_err(|error| error.to_string())?;
    Ok(Written {
        value,
        sorted: !maps.unsorted.get(),
        most_entries: maps.most_entries.get(),
    })
}
