//! serde's data model to the protocol's value. It is a serializer of its own because serde_json's leaves out what
//! `skip_serializing_if` skips, and writes numbers as numbers.

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::{Error, Map, Value};

/// What was seen of the maps of a message.
#[derive(Default)]
pub struct Maps {
    pub unsorted: Cell<bool>,
    pub most_entries: Cell<usize>,
}

#[derive(Clone, Copy)]
pub struct Protocol<'a>(pub &'a Maps);

type Result<T = Value> = std::result::Result<T, Error>;

fn no_kind<T>(what: impl Display) -> Result<T> {
    Err(Error::custom(format!("the protocol has no value for {what}")))
}

macro_rules! decimals {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, number: $type) -> Result {
            Ok(Value::from(number.to_string()))
        })*
    };
}

impl<'a> Serializer for Protocol<'a> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = Impossible<Value, Error>;
    type SerializeTupleStruct = Impossible<Value, Error>;
    type SerializeTupleVariant = Impossible<Value, Error>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Impossible<Value, Error>;

    decimals! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }

    fn serialize_f64(self, number: f64) -> Result {
        serde_json::to_string(&number).map(Value::from)
    }

    fn serialize_bool(self, value: bool) -> Result {
        Ok(Value::from(value))
    }

    fn serialize_str(self, text: &str) -> Result {
        Ok(Value::from(text))
    }

    fn serialize_none(self) -> Result {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        Ok(Value::from(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>> {
        Ok(List(self, Vec::new()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>> {
        Ok(Object::new(self))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>> {
        Ok(Object::new(self))
    }

    fn serialize_f32(self, _: f32) -> Result {
        no_kind("f32")
    }

    fn serialize_char(self, _: char) -> Result {
        no_kind("char")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result {
        no_kind("bytes")
    }

    fn serialize_unit(self) -> Result {
        no_kind("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result {
        no_kind(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, _: &T) -> Result {
        no_kind(name)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result {
        no_kind(name)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> {
        no_kind("a tuple")
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct> {
        no_kind(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        no_kind(name)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        no_kind(name)
    }
}

pub struct List<'a>(Protocol<'a>, Vec<Value>);

impl SerializeSeq for List<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<()> {
        self.1.push(item.serialize(self.0)?);
        Ok(())
    }

    fn end(self) -> Result {
        Ok(Value::from(self.1))
    }
}

/// A struct or a map; a map's keys are watched.
pub struct Object<'a> {
    protocol: Protocol<'a>,
    members: Map<String, Value>,
    key: Option<String>,
}

impl<'a> Object<'a> {
    fn new(protocol: Protocol<'a>) -> Self {
        Self {
            protocol,
            members: Map::new(),
            key: None,
        }
    }
}

impl SerializeMap for Object<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let Value::String(key) = key.serialize(self.protocol)? else {
            return no_kind("a map whose keys are no strings");
        };
        if self.key.as_ref().is_some_and(|last| *last > key) {
            self.protocol.0.unsorted.set(true);
        }
        self.key = Some(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.clone().unwrap_or_default();
        self.members.insert(key, value.serialize(self.protocol)?);
        Ok(())
    }

    fn end(self) -> Result {
        let most = &self.protocol.0.most_entries;
        most.set(most.get().max(self.members.len()));
        Ok(Value::Object(self.members))
    }
}

impl SerializeStruct for Object<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.members.insert(name.to_owned(), value.serialize(self.protocol)?);
        Ok(())
    }

    /// Called in place of `serialize_field` where `skip_serializing_if = "Option::is_none"` holds.
    fn skip_field(&mut self, name: &'static str) -> Result<()> {
        self.members.insert(name.to_owned(), Value::Null);
        Ok(())
    }

    fn end(self) -> Result {
        Ok(Value::Object(self.members))
    }
}
