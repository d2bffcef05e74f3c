//! The protocol's value to serde's data model.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Error, Value};

#[derive(Clone, Copy)]
pub struct Protocol<'a>(pub &'a Value);

macro_rules! numbers {
    ($($deserialize:ident, $visit:ident, $type:ty;)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.as_str().map(str::parse::<$type>) {
                Some(Ok(number)) => visitor.$visit(number),
                _ => Err(Error::custom(format!("{} is no {} in a string", self.0, stringify!($type)))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Protocol<'de> {
    type Error = Error;

    numbers! {
        deserialize_i8, visit_i8, i8;
        deserialize_i16, visit_i16, i16;
        deserialize_i32, visit_i32, i32;
        deserialize_i64, visit_i64, i64;
        deserialize_u8, visit_u8, u8;
        deserialize_u16, visit_u16, u16;
        deserialize_u32, visit_u32, u32;
        deserialize_u64, visit_u64, u64;
        deserialize_f64, visit_f64, f64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Protocol))),
            Value::Object(members) => {
                let members = members.iter().map(|(key, value)| (key.as_str(), Protocol(value)));
                visitor.visit_map(MapDeserializer::new(members))
            }
            Value::Null => Err(Error::invalid_type(Unexpected::Unit, &visitor)),
            Value::Number(_) => Err(Error::custom(format!("{} is a number outside of a string", self.0))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.as_str() {
            Some(variant) => visitor.visit_enum(variant.into_deserializer()),
            None => Err(Error::custom(format!("{} is no variant", self.0))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 f32 bool char str string bytes byte_buf unit unit_struct newtype_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Protocol<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
