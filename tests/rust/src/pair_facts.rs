//! What becomes of the messages of a pair of structs, each read by the other.

use serde_json::{Map, Value, json};

use crate::cases::cases;
use crate::schema::Shape;
use crate::types::{Type, find};

/// One JSON line for the pair: whether all messages of one struct are read by the other, each field with the value that is
/// meant, and where not, the first payload that is not.
pub fn line(name: &str, old: &Shape, new: &Shape) -> Result<String, String> {
    let kind = |side: &str| find(&format!("pairs/{name}/{side}")).ok_or(format!("there is no pair {name}"));
    let (old_kind, new_kind) = (kind("old")?, kind("new")?);
    let mut facts = Map::from_iter([("pair".to_owned(), json!(name))]);
    for (direction, writer, shape, reader) in [
        ("backward", old_kind, old, new_kind),
        ("forward", new_kind, new, old_kind),
    ] {
        let sent = sent(writer, shape);
        let defaults = sent.iter().find_map(|sent| (reader.decode)(&sent.payload).ok());
        let lost = |sent: &&Sent| !arrives(sent, reader, defaults.as_ref());
        let written = sent.iter().filter(|sent| sent.written).find(lost);
        let spelled = sent.iter().find(lost);
        for (what, lost) in [("written", written), ("spelled", spelled)] {
            facts.insert(format!("{direction}_{what}"), json!(lost.is_none()));
        }
        if let Some(lost) = written.or(spelled) {
            facts.insert(
                format!("{direction}_lost"),
                json!(String::from_utf8_lossy(&lost.payload)),
            );
        }
    }
    Ok(format!("{}\n", Value::Object(facts)))
}

struct Sent {
    payload: Vec<u8>,
    value: Value,
    /// Whether it is how the writer writes it.
    written: bool,
}

/// All that the writer reads itself, and all that it writes for it.
fn sent(writer: &Type, shape: &Shape) -> Vec<Sent> {
    let mut sent = Vec::new();
    for case in cases(shape, 0) {
        let Ok(value) = (writer.decode)(&case.payload) else {
            continue;
        };
        let Ok(text) = (writer.encode_sorted)(&value) else {
            continue;
        };
        let written = text.into_bytes();
        // A float whose text is read as another one is no matter of the pair.
        if (writer.decode)(&written).is_ok_and(|read| read == value) {
            sent.push(Sent {
                payload: written,
                value: value.clone(),
                written: true,
            });
        }
        sent.push(Sent {
            payload: case.payload,
            value,
            written: false,
        });
    }
    sent
}

/// Whether each field of the reader holds what is meant, or what it holds for a message that has no such field.
fn arrives(sent: &Sent, reader: &Type, defaults: Option<&Value>) -> bool {
    let Ok(read) = (reader.decode)(&sent.payload) else {
        return false;
    };
    let fields = read.as_object().into_iter().flatten();
    fields
        .map(|(name, found)| (found, sent.value.get(name).or_else(|| defaults?.get(name))))
        .all(|(found, meant)| meant.is_some_and(|meant| same(meant, found)))
}

/// Whether two values mean the same, an integer and a float too; of two objects, the members that both have.
fn same(meant: &Value, found: &Value) -> bool {
    match (meant, found) {
        (Value::String(meant), Value::String(found)) => meant == found || equal_numbers(meant, found),
        (Value::Array(meant), Value::Array(found)) => {
            meant.len() == found.len() && meant.iter().zip(found).all(|(meant, found)| same(meant, found))
        }
        (Value::Object(meant), Value::Object(found)) => {
            let both = meant.iter().filter_map(|(key, value)| Some((value, found.get(key)?)));
            both.into_iter().all(|(meant, found)| same(meant, found))
        }
        _ => meant == found,
    }
}

/// Whether one is an integer and the other a float of exactly its value.
fn equal_numbers(meant: &str, found: &str) -> bool {
    let equal = |integer: &str, float: &str| match (integer.parse::<i128>(), float.parse::<f64>()) {
        #[allow(clippy::cast_possible_truncation)]
        (Ok(integer), Ok(float)) => float.fract() == 0.0 && float.abs() < 1e30 && float as i128 == integer,
        _ => false,
    };
    equal(meant, found) || equal(found, meant)
}
