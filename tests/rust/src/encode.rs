//! The output of a type with sorted maps, which can be compared byte for byte.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::value::{from_value, written};

/// The limit of entries for the search below, which needs n! tries on average.
pub const MOST_MAP_ENTRIES: usize = 5;

const MOST_TRIES: usize = 100_000;

/// Returns the output of `to_json` whose maps are in the order of their keys. Each new `HashMap` has its own random
/// hasher, so this makes the message again until all its maps iterate in that order. The bytes are serde's own output;
/// nothing is sorted afterwards.
pub fn sorted_json<T: Serialize + DeserializeOwned>(
    value: &Value,
    to_json: fn(&T) -> serde_json::Result<String>,
) -> Result<String, String> {
    for _ in 0..MOST_TRIES {
        let message: T = from_value(value)?;
        let found = written(&message)?;
        if found.most_entries > MOST_MAP_ENTRIES {
            return Err(format!(
                "{} entries in a map; at most {MOST_MAP_ENTRIES}",
                found.most_entries
            ));
        }
        if found.sorted {
            return to_json(&message).map_err(|error| error.to_string());
        }
    }
    Err(format!("no maps in sorted order came up in {MOST_TRIES} tries"))
}
