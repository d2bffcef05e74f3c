//! A schema of `tests/kinds` in the order of its text: what the vectors of a type are made from.

use std::fmt;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A struct.
#[derive(Debug)]
pub struct Shape {
    pub name: String,
    pub fields: Vec<Field>,
    /// Whether unknown fields are refused.
    pub closed: bool,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Text,
    Bool,
    Integer { name: String, least: i128, greatest: i128 },
    Float,
    Enum(Vec<String>),
    Option(Box<Kind>),
    List(Box<Kind>),
    Map(Box<Kind>),
    Struct(Rc<Shape>),
}

impl Kind {
    /// The name in Rust; that of an enum is the list of its variants.
    pub fn rust(&self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Integer { name, .. } => name.clone(),
            Self::Float => "f64".to_owned(),
            Self::Enum(variants) => variants.join("|"),
            Self::Option(kind) => format!("Option<{}>", kind.rust()),
            Self::List(kind) => format!("Vec<{}>", kind.rust()),
            Self::Map(kind) => format!("HashMap<String, {}>", kind.rust()),
            Self::Struct(shape) => shape.name.clone(),
        }
    }
}

/// The struct that a schema describes.
pub fn read(text: &str) -> Result<Shape, String> {
    let root: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    shape(&root, &root)
}

/// The structs of a file of pairs: the name of each with the old and the new one.
pub fn read_pairs(text: &str) -> Result<Vec<(String, Shape, Shape)>, String> {
    let root: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let pair = |(name, pair): &(String, Json)| {
        let [old, new] = [pair.member("old")?, pair.member("new")?];
        Ok((name.clone(), shape(old, old)?, shape(new, new)?))
    };
    root.members()?.iter().map(pair).collect()
}

fn shape(node: &Json, root: &Json) -> Result<Shape, String> {
    let required: Vec<&str> = match node.get("required") {
        Some(names) => names.items()?.iter().map(Json::text).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let field = |(name, node): &(String, Json)| {
        Ok(Field {
            kind: kind(node, root).map_err(|problem| format!("{name}: {problem}"))?,
            required: required.contains(&name.as_str()),
            name: name.clone(),
        })
    };
    Ok(Shape {
        name: node.member("title")?.text()?.to_owned(),
        fields: node
            .member("properties")?
            .members()?
            .iter()
            .map(field)
            .collect::<Result<_, String>>()?,
        closed: matches!(node.get("additionalProperties"), Some(Json::Bool(false))),
    })
}

fn kind(node: &Json, root: &Json) -> Result<Kind, String> {
    if let Some(reference) = node.get("$ref") {
        let name = reference.text()?.trim_start_matches("#/$defs/");
        return named(name, root.member("$defs")?.member(name)?, root);
    }
    if let Some(options) = node.get("anyOf") {
        let inner = options.items()?.first().ok_or("an empty anyOf")?;
        return Ok(Kind::Option(Box::new(kind(inner, root)?)));
    }
    match node.member("type")?.text()? {
        "string" => Ok(Kind::Text),
        "boolean" => Ok(Kind::Bool),
        "array" => Ok(Kind::List(Box::new(kind(node.member("items")?, root)?))),
        "object" => Ok(Kind::Map(Box::new(kind(node.member("additionalProperties")?, root)?))),
        other => Err(format!("no kind is written as {other}")),
    }
}

fn named(name: &str, node: &Json, root: &Json) -> Result<Kind, String> {
    match node.member("type")?.text()? {
        "integer" => Ok(Kind::Integer {
            name: name.to_owned(),
            least: node.member("minimum")?.integer()?,
            greatest: node.member("maximum")?.integer()?,
        }),
        "number" => Ok(Kind::Float),
        "string" => {
            let variants = node.member("enum")?.items()?.iter();
            let variants: Result<_, String> = variants.map(|variant| variant.text().map(str::to_owned)).collect();
            Ok(Kind::Enum(variants?))
        }
        "object" => Ok(Kind::Struct(Rc::new(shape(node, root)?))),
        other => Err(format!("no named kind is written as {other}")),
    }
}

/// JSON with its objects in order, which serde_json's own value does not keep.
enum Json {
    Bool(bool),
    Integer(i128),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// What no schema is read for: floats and null.
    Other,
}

impl Json {
    fn get(&self, name: &str) -> Option<&Json> {
        let members = self.members().ok()?;
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn member(&self, name: &str) -> Result<&Json, String> {
        self.get(name).ok_or_else(|| format!("no {name}"))
    }

    fn members(&self) -> Result<&[(String, Json)], String> {
        match self {
            Self::Object(members) => Ok(members),
            _ => Err("not an object".to_owned()),
        }
    }

    fn items(&self) -> Result<&[Json], String> {
        match self {
            Self::List(items) => Ok(items),
            _ => Err("not an array".to_owned()),
        }
    }

    fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err("not a string".to_owned()),
        }
    }

    fn integer(&self) -> Result<i128, String> {
        match self {
            Self::Integer(number) => Ok(*number),
            _ => Err("not an integer".to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Integer(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number.into()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}
