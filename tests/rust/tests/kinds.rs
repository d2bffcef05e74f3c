//! The schemas of `tests/kinds` against the types that they describe.

use std::collections::BTreeSet;

use judge::schema::{self, Field, Kind, Shape};
use judge::types::{Type, find, kinds, pairs};
use judge::value::{from_value, to_value};
use judge::{kind_vectors, paths};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};

/// The keys of a JSON object in the order of the text, which serde_json's own map does not keep.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeysVisitor;

        impl<'de> Visitor<'de> for KeysVisitor {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
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

        deserializer.deserialize_map(KeysVisitor)
    }
}

/// A type with its schema, as a shape and as JSON.
struct Described {
    kind: &'static Type,
    shape: Shape,
    schema: Value,
}

/// All types: those with a schema of their own, and those of the pairs.
fn described() -> Vec<Described> {
    let folder = paths::kinds();
    let mut all: Vec<Described> = kinds()
        .map(|kind| {
            let text = std::fs::read_to_string(folder.join(format!("{}.schema.json", kind.name)));
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            Described {
                kind,
                shape: schema::read(&text).unwrap_or_else(|error| panic!("{}: {error}", kind.name)),
                schema: serde_json::from_str(&text).unwrap(),
            }
        })
        .collect();
    let text = std::fs::read_to_string(folder.join("pairs.json")).unwrap();
    let schemas: Value = serde_json::from_str(&text).unwrap();
    for (name, old, new) in schema::read_pairs(&text).unwrap() {
        for (side, shape) in [("old", old), ("new", new)] {
            let kind = find(&format!("pairs/{name}/{side}")).unwrap_or_else(|| panic!("no pair {name}"));
            let schema = schemas[&name][side].clone();
            all.push(Described { kind, shape, schema });
        }
    }
    all
}

/// A struct within a type: the type itself, or the struct of a field, an item or an entry.
struct Place<'a> {
    described: &'a Described,
    shape: &'a Shape,
    /// The schema of the struct.
    schema: &'a Value,
    steps: Vec<Step<'a>>,
}

/// One step inwards.
#[derive(Clone)]
enum Step<'a> {
    Field(&'a Shape, &'a str),
    Item,
    Entry,
}

impl<'a> Place<'a> {
    /// The whole type, and all structs in it.
    fn all(described: &'a Described) -> Vec<Place<'a>> {
        let top = Place {
            described,
            shape: &described.shape,
            schema: &described.schema,
            steps: Vec::new(),
        };
        let mut places = vec![top];
        let mut next = 0;
        while next < places.len() {
            let (shape, steps) = (places[next].shape, places[next].steps.clone());
            for field in &shape.fields {
                let mut steps = steps.clone();
                steps.push(Step::Field(shape, &field.name));
                places.extend(Self::within(described, &field.kind, steps));
            }
            next += 1;
        }
        places
    }

    fn within(described: &'a Described, kind: &'a Kind, mut steps: Vec<Step<'a>>) -> Option<Place<'a>> {
        match kind {
            Kind::Struct(shape) => Some(Place {
                described,
                shape,
                schema: &described.schema["$defs"][&shape.name],
                steps,
            }),
            Kind::Option(kind) => Self::within(described, kind, steps),
            Kind::List(kind) => {
                steps.push(Step::Item);
                Self::within(described, kind, steps)
            }
            Kind::Map(kind) => {
                steps.push(Step::Entry);
                Self::within(described, kind, steps)
            }
            _ => None,
        }
    }

    /// What the struct holds when it is given as this text.
    fn read(&self, text: &str) -> Result<Value, String> {
        let payload = self.steps.iter().rev().fold(text.to_owned(), |text, step| match step {
            Step::Field(shape, name) => with(shape, name, &text),
            Step::Item => format!("[{text}]"),
            Step::Entry => format!("{{\"k\":{text}}}"),
        });
        let mut value = read(self.described, &payload)?;
        for step in &self.steps {
            value = match step {
                Step::Field(_, name) => value[name].take(),
                Step::Item => value[0].take(),
                Step::Entry => value["k"].take(),
            };
        }
        Ok(value)
    }
}

/// Runs a check on each struct of each type and reports all failures together.
fn check_each_place(check: impl Fn(&Place) -> Result<(), String>) {
    check_each(|described| {
        let places = Place::all(described);
        let checked = places.iter().map(|place| {
            check(place).map_err(|problem| format!("{} (level {}): {problem}", place.shape.name, place.steps.len()))
        });
        checked.collect()
    });
}

/// Runs a check on each type and reports all failures together.
fn check_each(check: impl Fn(&Described) -> Result<(), String>) {
    let all = described();
    let failures: Vec<String> = all
        .iter()
        .filter_map(|described| {
            check(described)
                .err()
                .map(|problem| format!("{}: {problem}", described.kind.name))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        all.len(),
        failures.join("\n")
    );
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, actual: &T) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("{what}\n  expected {expected:?}\n  actual   {actual:?}"))
}

fn expect_start(expected: &str, actual: &str) -> Result<(), String> {
    if actual.starts_with(expected) {
        return Ok(());
    }
    Err(format!("another error\n  expected {expected:?}\n  actual   {actual:?}"))
}

/// A value that none of the fields leaves out of what is written, as raw JSON.
fn sample(kind: &Kind) -> String {
    match kind {
        Kind::Text => "\"t\"".to_owned(),
        Kind::Bool => "true".to_owned(),
        Kind::Integer { greatest, .. } => greatest.to_string(),
        Kind::Float => "0.5".to_owned(),
        Kind::Enum(variants) => format!("\"{}\"", variants[0]),
        Kind::Option(kind) => sample(kind),
        Kind::List(kind) => format!("[{}]", sample(kind)),
        Kind::Map(kind) => format!(r#"{{"k":{}}}"#, sample(kind)),
        Kind::Struct(shape) => object(shape, |_| true),
    }
}

/// The fields that are wanted, as an object.
fn object(shape: &Shape, wanted: impl Fn(&Field) -> bool) -> String {
    let fields = shape.fields.iter().filter(|field| wanted(field));
    let members: Vec<String> = fields
        .map(|field| format!("\"{}\":{}", field.name, sample(&field.kind)))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// All fields, one of them with this text.
fn with(shape: &Shape, name: &str, text: &str) -> String {
    let members = object(shape, |other| other.name != name);
    let comma = if members == "{}" { "" } else { "," };
    format!("{{\"{name}\":{text}{comma}{}", &members[1..])
}

fn read(described: &Described, payload: &str) -> Result<Value, String> {
    (described.kind.decode)(payload.as_bytes()).map_err(|refusal| refusal.to_string())
}

fn written(described: &Described, payload: &str) -> Result<String, String> {
    (described.kind.encode)(&read(described, payload)?)
}

/// A default as the protocol writes it, for a kind.
fn in_protocol(kind: &Kind, default: &Value) -> Value {
    match (kind, default) {
        (Kind::Integer { .. } | Kind::Float, number) => json!(number.to_string()),
        (Kind::Option(_), Value::Null) => Value::Null,
        (Kind::Option(kind), value) => in_protocol(kind, value),
        (Kind::List(kind), Value::Array(items)) => items.iter().map(|item| in_protocol(kind, item)).collect(),
        (Kind::Map(kind), Value::Object(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), in_protocol(kind, value)));
            Value::Object(entries.collect())
        }
        (Kind::Struct(shape), Value::Object(members)) => {
            let fields = shape.fields.iter();
            let members = fields.map(|field| (field.name.clone(), in_protocol(&field.kind, &members[&field.name])));
            Value::Object(members.collect())
        }
        (_, other) => other.clone(),
    }
}

#[test]
fn each_schema_has_its_type_and_each_type_its_schema() {
    let files = std::fs::read_dir(paths::kinds()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = names
        .filter_map(|name| name.strip_suffix(".schema.json").map(str::to_owned))
        .collect();
    let known: BTreeSet<String> = kinds().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(known, found);
    let text = std::fs::read_to_string(paths::kinds().join("pairs.json")).unwrap();
    let pairs_found: BTreeSet<String> = schema::read_pairs(&text)
        .unwrap()
        .into_iter()
        .map(|pair| pair.0)
        .collect();
    let pairs_known: BTreeSet<String> = pairs::NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(pairs_known, pairs_found);
}

#[test]
fn the_order_of_the_properties_is_that_of_the_fields() {
    check_each(|described| {
        let text = written(described, &object(&described.shape, |_| true))?;
        let Keys(keys) = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let names: Vec<String> = described.shape.fields.iter().map(|field| field.name.clone()).collect();
        expect("another order", &names, &keys)
    });
}

#[test]
fn what_is_written_for_all_fields_is_what_was_read() {
    check_each(|described| {
        let payload = object(&described.shape, |_| true);
        expect("another text", &payload, &written(described, &payload)?)
    });
}

#[test]
fn a_field_is_required_or_has_the_schema_s_default() {
    check_each_place(|place| {
        for field in &place.shape.fields {
            let absent = place.read(&object(place.shape, |other| other.name != field.name));
            match place.schema["properties"][&field.name].get("default") {
                None if field.required => {
                    let error = absent.err().ok_or(format!("{} may be absent", field.name))?;
                    expect_start(&format!("missing field `{}` at line 1", field.name), &error)?;
                }
                Some(default) if !field.required => {
                    let found = absent?[&field.name].clone();
                    expect(&field.name, &in_protocol(&field.kind, default), &found)?;
                }
                _ => return Err(format!("{}: required with a default, or neither", field.name)),
            }
        }
        Ok(())
    });
}

/// The schema's defaults and `x-serde` say where an array may end.
#[test]
fn a_short_array_names_the_first_field_without_a_default() {
    check_each_place(|place| {
        let fields = &place.shape.fields;
        let has_default = |field: &Field| {
            let property = &place.schema["properties"][&field.name];
            property.get("default").is_some() && property["x-serde"]["default"] != json!(false)
        };
        for length in 0..fields.len() {
            let items: Vec<String> = fields[..length].iter().map(|field| sample(&field.kind)).collect();
            let error = place.read(&format!("[{}]", items.join(","))).err().unwrap_or_default();
            let missing = (length..fields.len()).find(|index| !has_default(&fields[*index]));
            let elements = if fields.len() == 1 { "element" } else { "elements" };
            let (name, count) = (&place.shape.name, fields.len());
            let expected = missing.map_or(String::new(), |index| {
                format!("invalid length {index}, expected struct {name} with {count} {elements} at line 1")
            });
            expect_start(&expected, &error)?;
            expect("an array", &missing.is_none(), &error.is_empty())?;
        }
        Ok(())
    });
}

#[test]
fn none_is_written_unless_the_schema_says_that_it_is_skipped() {
    check_each(|described| {
        let options = |field: &&Field| matches!(field.kind, Kind::Option(_));
        for field in described.shape.fields.iter().filter(options) {
            let text = written(described, &with(&described.shape, &field.name, "null"))?;
            let Keys(keys) = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let property = &described.schema["properties"][&field.name];
            let skipped = property["x-serde"]["skip_serializing_if"] == json!("none");
            expect(&field.name, &!skipped, &keys.contains(&field.name))?;
        }
        Ok(())
    });
}

#[test]
fn unknown_fields_are_refused_as_the_schema_says() {
    check_each_place(|place| {
        let payload = object(place.shape, |_| true);
        let error = place.read(&payload.replacen('{', "{\"no_field\":1,", 1)).err();
        expect("closed", &place.shape.closed, &error.is_some())?;
        error.map_or(Ok(()), |error| {
            expect_start("unknown field `no_field`, expected ", &error)
        })
    });
}

/// Each kind is taken at its edges, and refused beyond them.
#[test]
fn integers_have_the_schema_s_bounds_and_enums_its_variants() {
    check_each_place(|place| {
        for field in &place.shape.fields {
            let read = |raw: &str| place.read(&with(place.shape, &field.name, raw));
            match &field.kind {
                Kind::Integer { least, greatest, .. } => {
                    let edges = [
                        (*least, true),
                        (*greatest, true),
                        (least - 1, false),
                        (greatest + 1, false),
                    ];
                    for (number, fits) in edges {
                        let what = format!("{} {number}", field.name);
                        expect(&what, &fits, &read(&number.to_string()).is_ok())?;
                    }
                }
                Kind::Enum(variants) => {
                    for variant in variants {
                        let value = read(&format!("\"{variant}\""))?;
                        expect(&field.name, &json!(variant), &value[&field.name])?;
                    }
                    let error = read("\"NoVariant\"").err().ok_or("an unknown variant is taken")?;
                    let known = choice(variants);
                    expect_start(
                        &format!("unknown variant `NoVariant`, expected {known} at line 1"),
                        &error,
                    )?;
                }
                Kind::Float => expect(&field.name, &json!("3.0"), &read("3")?[&field.name])?,
                _ => {}
            }
        }
        Ok(())
    });
}

/// How serde names what it knows.
fn choice(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [one] => one.clone(),
        [one, other] => format!("{one} or {other}"),
        _ => format!("one of {}", names.join(", ")),
    }
}

#[test]
fn the_vectors_are_what_golden_writes() {
    let files = kind_vectors::render(&paths::kinds()).unwrap();
    let differences = kind_vectors::differences(&files, &paths::kinds().join("vectors")).unwrap();
    assert!(differences.is_empty(), "run golden: {differences:?}");
}

#[test]
fn each_type_has_vectors_in_each_list() {
    for (path, content) in kind_vectors::render(&paths::kinds()).unwrap() {
        assert!(!content.is_empty(), "{} is empty", path.display());
    }
}

/// serde_json reads some numbers 1 or 2 ulp off; the protocol's value has the exact one, both ways.
#[test]
fn a_float_travels_exactly() {
    for number in [
        0.1,
        -0.0,
        5e-324,
        f64::MAX,
        1.0,
        1e16,
        1e-7,
        2.225_073_858_507_201_4e-308,
        1.577_777_777_777_000_1,
    ] {
        let value = to_value(&number).unwrap();
        let read: f64 = from_value(&value).unwrap();
        assert_eq!(number.to_bits(), read.to_bits(), "{value}");
    }
    for text in ["NaN", "inf", "1", "1e16", "+1.0", "1.00", "0.1e1", "-0"] {
        assert!(from_value::<f64>(&json!(text)).is_err(), "{text}");
    }
    assert!(from_value::<f64>(&json!(1.5)).is_err());
    for text in ["01", "+1", "1.0", " 1", "256", "-1"] {
        assert!(from_value::<u8>(&json!(text)).is_err(), "{text}");
    }
}
