//! Payloads of a type, counted out from its schema: each kind of field at its edges and with each fault, and each way to spell
//! a message. What a payload is worth is not known here; the type is asked.

use std::collections::HashSet;

use crate::schema::{Field, Kind, Shape};

/// A payload and what it shows.
pub struct Case {
    pub name: String,
    pub payload: Vec<u8>,
}

/// All payloads for a type. Of its fields, only those from this index on are tried one by one.
pub fn cases(shape: &Shape, first: usize) -> Vec<Case> {
    let mut cases = whole(shape);
    let mut seen = HashSet::new();
    for (index, field) in shape.fields.iter().enumerate().skip(first) {
        cases.extend(of_field(shape, index, field, &mut seen));
    }
    let cases = cases.into_iter().map(|(name, text)| Case {
        name,
        payload: text.into_bytes(),
    });
    let broken = Case {
        name: "not_utf8".to_owned(),
        payload: not_utf8(shape),
    };
    cases.chain([broken]).collect()
}

type Named = (String, String);

/// The text of a good value of a kind; another one for another number.
fn sample(kind: &Kind, number: usize) -> String {
    match kind {
        Kind::Text => format!("\"text {number}\""),
        Kind::Bool => number.is_multiple_of(2).to_string(),
        Kind::Integer { least, greatest, .. } => {
            let number = i128::try_from(number).unwrap_or_default() + 1;
            if *least < 0 && number % 2 == 0 {
                -number
            } else {
                number.min(*greatest)
            }
            .to_string()
        }
        Kind::Float => format!("{number}.25"),
        Kind::Enum(variants) => format!("\"{}\"", variants[number % variants.len()]),
        Kind::Option(kind) => sample(kind, number),
        Kind::List(kind) => format!("[{},{}]", sample(kind, number), sample(kind, number + 1)),
        // More entries would come in any order, and the search for a sorted one would take long where there are many maps.
        Kind::Map(kind) => format!(r#"{{"a":{}}}"#, sample(kind, number)),
        Kind::Struct(shape) => object(&members(shape, number)),
    }
}

/// Each field by its name, with a good value.
fn members(shape: &Shape, number: usize) -> Vec<Named> {
    let fields = shape.fields.iter().enumerate();
    fields
        .map(|(index, field)| (field.name.clone(), sample(&field.kind, number + index)))
        .collect()
}

fn object(members: &[Named]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn array(members: &[Named]) -> String {
    let items: Vec<&str> = members.iter().map(|(_, value)| value.as_str()).collect();
    format!("[{}]", items.join(","))
}

fn named(cases: &[(&str, &str)]) -> Vec<Named> {
    cases
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// Each way to spell a whole message, and what is none.
fn whole(shape: &Shape) -> Vec<Named> {
    let all = members(shape, 0);
    let plain = object(&all);
    let reversed: Vec<Named> = all.iter().rev().cloned().collect();
    let inside = &plain[1..plain.len() - 1];
    let (key, value) = (&all[0].0, &all[0].1);
    let mut cases = vec![
        ("plain".to_owned(), plain.clone()),
        ("other_values".to_owned(), object(&members(shape, 1))),
        ("reversed".to_owned(), object(&reversed)),
        ("array".to_owned(), array(&all)),
        (
            "array_too_long".to_owned(),
            format!("{},1]", array(&all).trim_end_matches(']')),
        ),
        (
            "array_trailing_comma".to_owned(),
            format!("{},]", &array(&all)[..array(&all).len() - 1]),
        ),
        ("array_of_object".to_owned(), format!("[{plain}]")),
        (
            "spaced".to_owned(),
            format!(" {{\n\t{} }}\r\n", inside.replacen(':', " : ", 1)),
        ),
        (
            "unknown_first".to_owned(),
            format!(r#"{{"no_field":[{{"a":1e999}}],{inside}}}"#),
        ),
        ("unknown_last".to_owned(), format!(r#"{{{inside},"no_field" : null }}"#)),
        (
            "unknown_twice".to_owned(),
            format!(r#"{{"no_field":1,"no_field":2,{inside}}}"#),
        ),
        (
            "unknown_deep".to_owned(),
            format!(r#"{{"no_field":{}{},{inside}}}"#, "[".repeat(130), "]".repeat(130)),
        ),
        (
            "unknown_lone_surrogate".to_owned(),
            format!(r#"{{"no_field":"\ud800",{inside}}}"#),
        ),
        ("key_escaped".to_owned(), plain.replacen(key.as_str(), &escaped(key), 1)),
        (
            "key_of_another_case".to_owned(),
            plain.replacen(key.as_str(), &key.to_uppercase(), 1),
        ),
        ("twice".to_owned(), format!(r#"{{"{key}":{value},"{key}":{value}}}"#)),
        (
            "twice_at_the_end".to_owned(),
            format!(r#"{{{inside},"{key}"  :{value}}}"#),
        ),
        ("trailing_word".to_owned(), format!("{plain} x")),
        ("trailing_comma".to_owned(), format!("{{{inside},}}")),
        ("leading_comma".to_owned(), format!("{{,{inside}}}")),
        ("without_the_last_byte".to_owned(), plain[..plain.len() - 1].to_owned()),
        ("half".to_owned(), plain[..plain.len() / 2].to_owned()),
        (
            "in_a_newline_string".to_owned(),
            format!("{{\"no\nfield\":1,{inside}}}"),
        ),
    ];
    for short in 0..all.len().min(30) {
        cases.push((format!("array_of_{short}"), array(&all[..short])));
    }
    let none = [
        ("empty", ""),
        ("empty_object", "{}"),
        ("null", "null"),
        ("true", "true"),
        ("integer", "1"),
        ("negative", "-1"),
        ("float", "1.5"),
        ("string", "\"x\""),
        ("open_object", "{"),
        ("open_array", "["),
        ("word", "nul"),
    ];
    cases.extend(named(&none));
    cases
}

/// The same text with its first character as an escape.
fn escaped(key: &str) -> String {
    let (first, rest) = key.split_at(1);
    format!("\\u{:04x}{rest}", first.as_bytes()[0])
}

fn not_utf8(shape: &Shape) -> Vec<u8> {
    let mut bytes = object(&members(shape, 0)).into_bytes();
    bytes.truncate(bytes.len() - 1);
    bytes.extend(b",\"no_field\":\"\xff\"}");
    bytes
}

/// The message with only what it needs, and one field in each of its forms.
fn of_field(shape: &Shape, index: usize, field: &Field, seen: &mut HashSet<String>) -> Vec<Named> {
    let name = &field.name;
    let with = |text: &str| object(&around(shape, index, Some(text)));
    let good = sample(&field.kind, index);
    let mut twice = around(shape, index, Some(&good));
    twice.push((name.clone(), good.clone()));
    let mut cases = vec![
        (format!("{name}.absent"), object(&around(shape, index, None))),
        (format!("{name}.twice"), object(&twice)),
    ];
    for (case, text) in of_kind(&field.kind, index, seen) {
        cases.push((format!("{name}.{case}"), with(&text)));
    }
    cases
}

/// The required fields and the one at this index, which is left out where there is no text for it.
fn around(shape: &Shape, index: usize, text: Option<&str>) -> Vec<Named> {
    let mut found = Vec::new();
    for (other, field) in shape.fields.iter().enumerate() {
        if other == index {
            found.extend(text.map(|text| (field.name.clone(), text.to_owned())));
        } else if field.required {
            found.push((field.name.clone(), sample(&field.kind, other)));
        }
    }
    found
}

/// Texts of a kind, good and bad: all of them for a kind that was not seen before, else two bad ones.
fn of_kind(kind: &Kind, number: usize, seen: &mut HashSet<String>) -> Vec<Named> {
    let good = sample(kind, number);
    if !seen.insert(kind.rust()) {
        return named(&[("null", "null"), ("of_another_type", another_type(kind))]);
    }
    let mut cases = named(&[("good", &good), ("null", "null")]);
    cases.extend(match kind {
        Kind::Text => named(TEXTS),
        Kind::Bool => named(BOOLS),
        Kind::Integer { least, greatest, .. } => {
            let mut cases = named(INTEGERS);
            let edges = [
                ("least", *least),
                ("greatest", *greatest),
                ("below", *least - 1),
                ("above", *greatest + 1),
            ];
            cases.extend(edges.map(|(name, edge)| (name.to_owned(), edge.to_string())));
            cases
        }
        Kind::Float => named(FLOATS),
        Kind::Enum(variants) => of_enum(variants),
        Kind::Option(kind) => of_kind(kind, number, seen),
        Kind::List(item) => of_list(item, number, seen),
        Kind::Map(value) => of_map(value, number, seen),
        Kind::Struct(shape) => of_struct(shape, number, seen),
    });
    let mut names = HashSet::new();
    cases.retain(|(name, _)| names.insert(name.clone()));
    cases
}

fn another_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "1",
        Kind::Option(kind) => another_type(kind),
        Kind::Enum(_) => "\"NoVariant\"",
        Kind::Bool | Kind::Float | Kind::Integer { .. } => "\"1\"",
        Kind::List(_) => "{}",
        Kind::Map(_) => "[]",
        Kind::Struct(_) => "\"{}\"",
    }
}

const TEXTS: &[(&str, &str)] = &[
    ("empty", r#""""#),
    ("escapes", r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#),
    ("must_be_escaped", r#""\u0001\u001f\u007f""#),
    ("beyond_ascii", "\"é\u{2028}\u{1f600}\""),
    ("lone_surrogate", r#""\ud800""#),
    ("raw_newline", "\"a\nb\""),
    ("bad_escape", r#""\x""#),
    ("integer", "1"),
    ("float", "1.5"),
    ("true", "true"),
    ("array", "[]"),
    ("object", "{}"),
];

const BOOLS: &[(&str, &str)] = &[
    ("true", "true"),
    ("false", "false"),
    ("cut", "tru"),
    ("of_another_case", "True"),
    ("integer", "1"),
    ("float", "0.0"),
    ("string", "\"true\""),
    ("array", "[]"),
    ("object", "{}"),
];

const INTEGERS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("minus_one", "-1"),
    ("minus_zero", "-0"),
    ("with_fraction", "1.0"),
    ("with_exponent", "1e2"),
    ("leading_zero", "01"),
    ("i64_least", "-9223372036854775808"),
    ("below_i64", "-9223372036854775809"),
    ("above_i64", "9223372036854775808"),
    ("u64_greatest", "18446744073709551615"),
    ("above_u64", "18446744073709551616"),
    ("out_of_range", "1e999"),
    ("minus", "-"),
    ("string", "\"1\""),
    ("true", "true"),
    ("array", "[1]"),
    ("object", "{\"a\":1}"),
];

const FLOATS: &[(&str, &str)] = &[
    ("integer", "1"),
    ("zero", "0"),
    ("minus_zero", "-0"),
    ("minus_zero_float", "-0.0"),
    ("u64_greatest", "18446744073709551615"),
    ("above_u64", "18446744073709551616"),
    ("below_i64", "-9223372036854775809"),
    ("above_2_pow_53", "9007199254740993"),
    ("half", "0.5"),
    ("tenths", "0.30000000000000004"),
    ("read_inexactly", "1.5777777777770001"),
    ("read_inexactly_with_exponent", "8.73951875915761e-9"),
    ("read_inexactly_below_one", "0.9473707693808037"),
    ("read_inexactly_above_one", "963.6997754454479"),
    ("seventeen_digits", "2.2250738585072014e-308"),
    ("fixed_small", "0.00001"),
    ("exponent_small", "0.0000001"),
    ("fixed_large", "1000000000000000.0"),
    ("exponent_large", "1e16"),
    ("exponent_forms", "12.50E+01"),
    ("least_subnormal", "5e-324"),
    ("underflow", "1e-400"),
    ("greatest", "1.7976931348623157e308"),
    ("out_of_range", "1e309"),
    ("minus_out_of_range", "-1e309"),
    (
        "many_digits",
        "0.1000000000000000055511151231257827021181583404541015625",
    ),
    ("no_fraction", "1."),
    ("no_exponent", "1e"),
    ("no_integer", ".5"),
    ("plus", "+1"),
    ("leading_zero", "00.5"),
    ("nan", "NaN"),
    ("infinity", "Infinity"),
    ("string", "\"1.5\""),
    ("true", "true"),
    ("array", "[1.5]"),
    ("object", "{}"),
];

fn of_enum(variants: &[String]) -> Vec<Named> {
    let mut cases: Vec<Named> = variants
        .iter()
        .map(|variant| {
            (
                format!("variant_{}", variant.to_lowercase().replace('-', "_")),
                format!("\"{variant}\""),
            )
        })
        .collect();
    let (first, last) = (&variants[0], &variants[variants.len() - 1]);
    let of_first = |name: &str, value: &str| (name.to_owned(), format!(r#"{{"{first}":{value}}}"#));
    let other_case = if *first == first.to_uppercase() {
        first.to_lowercase()
    } else {
        first.to_uppercase()
    };
    cases.extend([
        of_first("map_of_null", "null"),
        of_first("map_of_integer", "1"),
        of_first("map_of_array", "[]"),
        of_first("map_of_object", "{}"),
        ("map_spaced".to_owned(), format!(r#"{{ "{first}" : null }}"#)),
        ("map_of_two".to_owned(), format!(r#"{{"{first}":null,"{last}":null}}"#)),
        ("map_trailing_comma".to_owned(), format!(r#"{{"{first}":null,}}"#)),
        ("map_of_unknown".to_owned(), r#"{"NoVariant":null}"#.to_owned()),
        ("of_another_case".to_owned(), format!("\"{other_case}\"")),
        ("escaped".to_owned(), format!("\"{}\"", escaped(first))),
        ("array_of_variant".to_owned(), format!("[\"{first}\"]")),
    ]);
    cases.extend(named(&[
        ("empty_text", "\"\""),
        ("unknown", "\"NoVariant\""),
        ("empty_object", "{}"),
        ("object_of_integer_key", "{1:null}"),
        ("empty_array", "[]"),
        ("integer", "0"),
        ("true", "true"),
    ]));
    cases
}

fn of_list(item: &Kind, number: usize, seen: &mut HashSet<String>) -> Vec<Named> {
    let good = sample(item, number);
    let mut cases = vec![
        ("one".to_owned(), format!("[{good}]")),
        ("trailing_comma".to_owned(), format!("[{good},]")),
        ("two_commas".to_owned(), format!("[{good},,{good}]")),
        ("no_comma".to_owned(), format!("[{good} {good}]")),
        ("closed_as_object".to_owned(), format!("[{good}}}")),
    ];
    cases.extend(named(&[
        ("empty", "[]"),
        ("spaced", "[ ]"),
        ("comma", "[,]"),
        ("object", "{}"),
        ("integer", "1"),
        ("string", "\"x\""),
    ]));
    for (name, text) in of_kind(item, number, seen) {
        cases.push((format!("item_{name}"), format!("[{text}]")));
        if ["null", "of_another_type"].contains(&name.as_str()) {
            cases.push((format!("second_{name}"), format!("[{good}, {text}]")));
        }
    }
    cases
}

fn of_map(value: &Kind, number: usize, seen: &mut HashSet<String>) -> Vec<Named> {
    let good = sample(value, number);
    let mut cases = vec![
        (
            "two".to_owned(),
            format!("{{\"a\":{good},\"b\":{}}}", sample(value, number + 1)),
        ),
        ("unsorted".to_owned(), format!("{{\"b\":{good},\"a\":{good}}}")),
        (
            "same_key".to_owned(),
            format!("{{\"k\":{},\"k\":{good}}}", sample(value, number + 1)),
        ),
        ("escaped_key".to_owned(), format!("{{\"\\u006b\\n\":{good}}}")),
        ("empty_key".to_owned(), format!("{{\"\":{good}}}")),
        ("lone_surrogate_key".to_owned(), format!("{{\"\\ud800\":{good}}}")),
        ("integer_key".to_owned(), format!("{{1:{good}}}")),
        ("trailing_comma".to_owned(), format!("{{\"k\":{good},}}")),
        ("no_colon".to_owned(), format!("{{\"k\" {good}}}")),
    ];
    cases.extend(named(&[
        ("empty", "{}"),
        ("array", "[]"),
        ("integer", "1"),
        ("string", "\"x\""),
    ]));
    for (name, text) in of_kind(value, number, seen) {
        cases.push((format!("value_{name}"), format!("{{\"k\":{text}}}")));
        if name == "of_another_type" {
            cases.push((format!("second_{name}"), format!("{{\"a\":{good}, \"k\":{text}}}")));
        }
    }
    cases
}

fn of_struct(shape: &Shape, number: usize, seen: &mut HashSet<String>) -> Vec<Named> {
    let all = members(shape, number);
    let plain = object(&all);
    let inside = &plain[1..plain.len() - 1];
    let mut cases = vec![
        ("array_form".to_owned(), array(&all)),
        ("array_form_spaced".to_owned(), array(&all).replacen('[', "[ ", 1)),
        (
            "array_too_long".to_owned(),
            format!("{},1]", &array(&all)[..array(&all).len() - 1]),
        ),
        ("unknown_field".to_owned(), format!(r#"{{{inside},"no_field":1}}"#)),
        ("empty_object".to_owned(), "{}".to_owned()),
        ("empty_array".to_owned(), "[]".to_owned()),
        ("integer".to_owned(), "1".to_owned()),
        ("string".to_owned(), "\"x\"".to_owned()),
    ];
    for short in 1..all.len() {
        cases.push((format!("array_of_{short}"), array(&all[..short])));
    }
    for (index, field) in shape.fields.iter().enumerate() {
        cases.extend(of_field(shape, index, field, seen));
    }
    cases
}
