//! Structs for the kinds of fields that the types of the crate lack.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Type, types};

pub const TYPES: &[Type] = types![
    Integers,
    Scalars,
    Single,
    OptionsDefault,
    OptionsPlain,
    OptionsSkipped,
    OptionsSkippedPlain,
    Lists,
    Maps,
    Enums,
    Nested,
    OptionalStructs,
    Defaults,
    WholeDefault,
    Behind,
    Opts,
    Closed,
    ClosedOne,
    ClosedTwo,
    ClosedInside,
    Everything,
];

/// One with all attributes that a message of these kinds has.
macro_rules! structs {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$field_attribute:meta])* $field:ident: $type:ty,)* })*) => {
        $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        struct $name { $($(#[$field_attribute])* $field: $type,)* })*
    };
}

/// The fields of `Options…`, each with these attributes.
macro_rules! options {
    ($name:ident, $(#[$attribute:meta])*) => { options!(@ $name, [$(#[$attribute])*]); };
    (@ $name:ident, $attributes:tt) => {
        options!(@fields $name, $attributes,
            flag: bool, small: u8, count: u64, delta: i64, ratio: f64, text: String, level: Level, point: Point,
            names: Vec<String>, steps: Vec<Step>, scores: HashMap<String, f64>,
        );
    };
    (@fields $name:ident, $attributes:tt, $($field:ident: $type:ty,)*) => {
        options!(@struct $name, $($attributes $field: $type,)*);
    };
    (@struct $name:ident, $([$(#[$attribute:meta])*] $field:ident: $type:ty,)*) => {
        structs! { $name { $($(#[$attribute])* $field: Option<$type>,)* } }
    };
}

options!(OptionsDefault, #[serde(default)]);
options!(OptionsPlain,);
options!(OptionsSkipped, #[serde(default, skip_serializing_if = "Option::is_none")]);
options!(OptionsSkippedPlain, #[serde(skip_serializing_if = "Option::is_none")]);

/// The names of the variants are lower case on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    Middle,
    High,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Direction {
    Up,
    Down,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Lonely {
    OnlyOne,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    WarmUp,
    MainRun,
    CoolDown,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
enum Signal {
    GoAhead,
    HoldOn,
}

structs! {
    Point { x: f64, y: f64, }
    Step { number: u32, label: String, loss: Option<f64>, }

    Integers {
        unsigned8: u8, unsigned16: u16, unsigned32: u32, unsigned64: u64,
        signed8: i8, signed16: i16, signed32: i32, signed64: i64,
    }
    Scalars { flag: bool, ratio: f64, text: String, count: u64, delta: i64, }
    Single { only: bool, }

    Lists {
        flags: Vec<bool>, bytes: Vec<u8>, counts: Vec<u64>, deltas: Vec<i64>, ratios: Vec<f64>, texts: Vec<String>,
        levels: Vec<Level>, points: Vec<Point>, options: Vec<Option<f64>>, lists: Vec<Vec<i32>>,
        maps: Vec<HashMap<String, String>>,
    }
    Maps {
        flags: HashMap<String, bool>, bytes: HashMap<String, u8>, counts: HashMap<String, u64>,
        deltas: HashMap<String, i64>, ratios: HashMap<String, f64>, texts: HashMap<String, String>,
        levels: HashMap<String, Level>, points: HashMap<String, Point>, options: HashMap<String, Option<u32>>,
        lists: HashMap<String, Vec<String>>, maps: HashMap<String, HashMap<String, u64>>,
    }
    Enums { direction: Direction, level: Level, phase: Phase, signal: Signal, lonely: Lonely, }

    Nested { name: String, outer: Outer, last: u16, }
    Outer { inner: Inner, scale: f64, #[serde(default)] note: String, }
    Inner { point: Point, label: String, #[serde(default = "defaults::level")] level: Level, }

    OptionalStructs {
        #[serde(default)] steps: Option<Vec<Step>>,
        #[serde(default)] best: Option<Step>,
        #[serde(default)] by_name: HashMap<String, Step>,
        #[serde(default)] losses: HashMap<String, f64>,
        #[serde(default)] rows: Vec<Option<Vec<Point>>>,
    }

    Defaults {
        #[serde(default = "defaults::flag")] flag: bool,
        #[serde(default = "defaults::small")] small: u8,
        #[serde(default = "defaults::count")] count: u64,
        #[serde(default = "defaults::delta")] delta: i64,
        #[serde(default = "defaults::ratio")] ratio: f64,
        #[serde(default = "defaults::text")] text: String,
        #[serde(default = "defaults::level")] level: Level,
        #[serde(default = "defaults::point")] point: Point,
        #[serde(default = "defaults::names")] names: Vec<String>,
        #[serde(default = "defaults::scores")] scores: HashMap<String, f64>,
        #[serde(default = "defaults::limit")] limit: Option<u32>,
        #[serde(default = "defaults::steps")] steps: Option<Vec<Step>>,
    }

    #[serde(default)]
    WholeDefault { name: String, retries: u32, ratio: f64, level: Level, limit: Option<i32>, tags: Vec<String>, }

    Behind {
        #[serde(default)] first: u64,
        second: String,
        third: Option<f64>,
        #[serde(default = "defaults::flag")] fourth: bool,
        fifth: u8,
        #[serde(default)] sixth: String,
    }
    Opts {
        a: Option<u64>,
        b: Option<String>,
        #[serde(default)] c: Option<f64>,
        #[serde(default)] d: Option<bool>,
        e: Option<i32>,
    }

    #[serde(deny_unknown_fields)]
    Closed { name: String, count: u32, #[serde(default)] note: Option<String>, #[serde(default)] labels: HashMap<String, String>, }
    #[serde(deny_unknown_fields)]
    ClosedOne { only: f64, }
    #[serde(deny_unknown_fields)]
    ClosedTwo { left: i8, right: i8, }
    ClosedInside { name: String, pair: ClosedTwo, items: Vec<ClosedOne>, #[serde(default)] map: HashMap<String, ClosedOne>, }

    Everything {
        id: String,
        flag: bool,
        small: u16,
        delta: i32,
        big: u64,
        loss: f64,
        level: Level,
        outer: Outer,
        tags: Vec<String>,
        scores: HashMap<String, f64>,
        history: Option<Vec<Step>>,
        #[serde(skip_serializing_if = "Option::is_none")] hint: Option<Direction>,
        #[serde(default)] pair: Option<ClosedTwo>,
        #[serde(default = "defaults::ratio")] rate: f64,
        after: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")] remark: Option<String>,
    }
}

impl Default for WholeDefault {
    fn default() -> Self {
        Self {
            name: "unnamed".to_owned(),
            retries: 3,
            ratio: 0.5,
            level: Level::Low,
            limit: Some(-1),
            tags: vec!["a".to_owned()],
        }
    }
}

mod defaults {
    use super::{HashMap, Level, Point, Step};

    pub fn flag() -> bool {
        true
    }

    pub fn small() -> u8 {
        7
    }

    pub fn count() -> u64 {
        u64::MAX
    }

    pub fn delta() -> i64 {
        -3
    }

    pub fn ratio() -> f64 {
        0.25
    }

    pub fn text() -> String {
        "none".to_owned()
    }

    pub fn level() -> Level {
        Level::Middle
    }

    pub fn point() -> Point {
        Point { x: 1.0, y: -0.5 }
    }

    pub fn names() -> Vec<String> {
        vec!["first".to_owned(), "second".to_owned()]
    }

    pub fn scores() -> HashMap<String, f64> {
        HashMap::from([("start".to_owned(), 1e-7)])
    }

    pub fn limit() -> Option<u32> {
        Some(10)
    }

    pub fn steps() -> Option<Vec<Step>> {
        Some(vec![Step {
            number: 1,
            label: "warm".to_owned(),
            loss: None,
        }])
    }
}
