//! Pairs of an old and a new struct of one message, for each change of a field that the kinds allow.
//!
//! The types of a pair are asked for as `pairs/NAME/old` and `pairs/NAME/new`. The pairs for a field of each kind added behind
//! all others are the message itself and the types `Extended…`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Type;

/// What fields of the old structs hold.
mod before {
    use super::{Deserialize, Serialize};

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Level {
        #[default]
        Low,
        High,
    }

    #[derive(Debug, Default, Serialize, Deserialize)]
    pub struct Point {
        x: f64,
        y: f64,
    }
}

/// What fields of the new structs hold.
mod after {
    use super::{Deserialize, Serialize};

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Level {
        #[default]
        Low,
        High,
        Extreme,
    }

    pub mod reordered {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Level {
            High,
            Low,
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Point {
            y: f64,
            x: f64,
        }
    }

    pub mod renamed {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        pub enum Level {
            Low,
            High,
        }
    }

    pub mod optional {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Point {
            x: f64,
            y: f64,
            #[serde(default)]
            z: Option<f64>,
        }
    }

    pub mod required {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Point {
            x: f64,
            y: f64,
            z: f64,
        }
    }

    pub mod first {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Point {
            #[serde(default)]
            z: Option<f64>,
            x: f64,
            y: f64,
        }
    }

    pub mod smaller {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Point {
            x: f64,
        }
    }

    pub mod closed {
        use super::{Deserialize, Serialize};

        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Point {
            x: f64,
            y: f64,
        }
    }
}

fn one() -> u32 {
    1
}

fn half() -> f64 {
    0.5
}

fn high() -> before::Level {
    before::Level::High
}

fn yes() -> bool {
    true
}

fn tagged() -> Vec<String> {
    vec!["new".to_owned()]
}

macro_rules! pairs {
    ($($name:ident $([$($old_container:meta),*])? { $($old:tt)* } => $([$($new_container:meta),*])? { $($new:tt)* })*) => {
        $(mod $name {
            pub mod old {
                #[allow(unused_imports)]
                use super::super::*;

                #[derive(Debug, Serialize, Deserialize)]
                $($(#[$old_container])*)?
                pub struct Message { $($old)* }
            }

            pub mod new {
                #[allow(unused_imports)]
                use super::super::*;

                #[derive(Debug, Serialize, Deserialize)]
                $($(#[$new_container])*)?
                pub struct Message { $($new)* }
            }
        })*

        /// The names of all pairs.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        pub const TYPES: &[Type] = &[$(
            Type::of::<$name::old::Message>(concat!("pairs/", stringify!($name), "/old")),
            Type::of::<$name::new::Message>(concat!("pairs/", stringify!($name), "/new")),
        )*];
    };
}

pairs! {
    u8_to_u16 { name: String, value: u8, } => { name: String, value: u16, }
    u8_to_u32 { name: String, value: u8, } => { name: String, value: u32, }
    u16_to_u32 { name: String, value: u16, } => { name: String, value: u32, }
    u32_to_u64 { name: String, value: u32, } => { name: String, value: u64, }
    u64_to_u32 { name: String, value: u64, } => { name: String, value: u32, }
    i8_to_i16 { name: String, value: i8, } => { name: String, value: i16, }
    i32_to_i64 { name: String, value: i32, } => { name: String, value: i64, }
    i64_to_i32 { name: String, value: i64, } => { name: String, value: i32, }
    u8_to_i16 { name: String, value: u8, } => { name: String, value: i16, }
    u32_to_i64 { name: String, value: u32, } => { name: String, value: i64, }
    i64_to_u32 { name: String, value: i64, } => { name: String, value: u32, }
    u64_to_i64 { name: String, value: u64, } => { name: String, value: i64, }
    i64_to_u64 { name: String, value: i64, } => { name: String, value: u64, }
    i8_to_u8 { name: String, value: i8, } => { name: String, value: u8, }
    u8_to_f64 { name: String, value: u8, } => { name: String, value: f64, }
    u32_to_f64 { name: String, value: u32, } => { name: String, value: f64, }
    u64_to_f64 { name: String, value: u64, } => { name: String, value: f64, }
    i64_to_f64 { name: String, value: i64, } => { name: String, value: f64, }
    f64_to_u8 { name: String, value: f64, } => { name: String, value: u8, }
    f64_to_u64 { name: String, value: f64, } => { name: String, value: u64, }
    f64_to_i64 { name: String, value: f64, } => { name: String, value: i64, }
    bool_to_string { name: String, value: bool, } => { name: String, value: String, }
    string_to_bool { name: String, value: String, } => { name: String, value: bool, }
    bool_to_u8 { name: String, value: bool, } => { name: String, value: u8, }
    u8_to_bool { name: String, value: u8, } => { name: String, value: bool, }
    f64_to_string { name: String, value: f64, } => { name: String, value: String, }
    string_to_f64 { name: String, value: String, } => { name: String, value: f64, }
    u64_to_string { name: String, value: u64, } => { name: String, value: String, }
    i64_to_string { name: String, value: i64, } => { name: String, value: String, }
    f64_to_bool { name: String, value: f64, } => { name: String, value: bool, }
    enum_to_string { name: String, value: before::Level, } => { name: String, value: String, }
    string_to_enum { name: String, value: String, } => { name: String, value: before::Level, }
    enum_to_bool { name: String, value: before::Level, } => { name: String, value: bool, }
    enum_to_u8 { name: String, value: before::Level, } => { name: String, value: u8, }
    enum_variant_added { name: String, value: before::Level, } => { name: String, value: after::Level, }
    enum_variant_removed { name: String, value: after::Level, } => { name: String, value: before::Level, }
    enum_reordered { name: String, value: before::Level, } => { name: String, value: after::reordered::Level, }
    enum_renamed { name: String, value: before::Level, } => { name: String, value: after::renamed::Level, }
    enum_variant_added_in_vec { name: String, value: Vec<before::Level>, } => { name: String, value: Vec<after::Level>, }
    enum_variant_added_in_map { name: String, value: HashMap<String, before::Level>, } => { name: String, value: HashMap<String, after::Level>, }
    enum_variant_added_in_option { name: String, #[serde(default)] value: Option<before::Level>, } => { name: String, #[serde(default)] value: Option<after::Level>, }
    f64_to_option { name: String, value: f64, } => { name: String, #[serde(default)] value: Option<f64>, }
    option_to_f64 { name: String, #[serde(default)] value: Option<f64>, } => { name: String, value: f64, }
    string_to_option { name: String, value: String, } => { name: String, #[serde(default)] value: Option<String>, }
    option_to_string { name: String, #[serde(default)] value: Option<String>, } => { name: String, value: String, }
    u32_to_option { name: String, value: u32, } => { name: String, #[serde(default)] value: Option<u32>, }
    option_to_u32 { name: String, #[serde(default)] value: Option<u32>, } => { name: String, value: u32, }
    bool_to_option { name: String, value: bool, } => { name: String, #[serde(default)] value: Option<bool>, }
    option_to_bool { name: String, #[serde(default)] value: Option<bool>, } => { name: String, value: bool, }
    enum_to_option { name: String, value: before::Level, } => { name: String, #[serde(default)] value: Option<before::Level>, }
    option_to_enum { name: String, #[serde(default)] value: Option<before::Level>, } => { name: String, value: before::Level, }
    vec_to_option { name: String, value: Vec<String>, } => { name: String, #[serde(default)] value: Option<Vec<String>>, }
    option_to_vec { name: String, #[serde(default)] value: Option<Vec<String>>, } => { name: String, value: Vec<String>, }
    map_to_option { name: String, value: HashMap<String, f64>, } => { name: String, #[serde(default)] value: Option<HashMap<String, f64>>, }
    option_to_map { name: String, #[serde(default)] value: Option<HashMap<String, f64>>, } => { name: String, value: HashMap<String, f64>, }
    struct_to_option { name: String, value: before::Point, } => { name: String, #[serde(default)] value: Option<before::Point>, }
    option_to_struct { name: String, #[serde(default)] value: Option<before::Point>, } => { name: String, value: before::Point, }
    option_to_option_plain { name: String, #[serde(default)] value: Option<f64>, } => { name: String, value: Option<f64>, }
    option_plain_to_option { name: String, value: Option<f64>, } => { name: String, #[serde(default)] value: Option<f64>, }
    option_to_option_skipped { name: String, #[serde(default)] value: Option<f64>, } => { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<f64>, }
    option_skipped_to_option { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<f64>, } => { name: String, #[serde(default)] value: Option<f64>, }
    option_skipped_to_option_plain { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<f64>, } => { name: String, value: Option<f64>, }
    option_plain_to_option_skipped { name: String, value: Option<f64>, } => { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<f64>, }
    option_to_option_skipped_plain { name: String, #[serde(default)] value: Option<f64>, } => { name: String, #[serde(skip_serializing_if = "Option::is_none")] value: Option<f64>, }
    option_skipped_to_required { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] value: Option<f64>, } => { name: String, value: f64, }
    option_to_defaulted { name: String, #[serde(default)] value: Option<f64>, } => { name: String, #[serde(default)] value: f64, }
    defaulted_to_option { name: String, #[serde(default)] value: f64, } => { name: String, #[serde(default)] value: Option<f64>, }
    option_widened { name: String, #[serde(default)] value: Option<u8>, } => { name: String, #[serde(default)] value: Option<u32>, }
    option_narrowed { name: String, #[serde(default)] value: Option<u32>, } => { name: String, #[serde(default)] value: Option<u8>, }
    option_of_int_to_option_of_f64 { name: String, #[serde(default)] value: Option<u32>, } => { name: String, #[serde(default)] value: Option<f64>, }
    option_skipped_before_last { name: String, #[serde(default)] hint: Option<f64>, last: u32, } => { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] hint: Option<f64>, last: u32, }
    field_added_behind_skipped { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] hint: Option<f64>, } => { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] hint: Option<f64>, #[serde(default)] last: u32, }
    default_of_f64_added { name: String, value: f64, } => { name: String, #[serde(default)] value: f64, }
    default_of_f64_removed { name: String, #[serde(default)] value: f64, } => { name: String, value: f64, }
    default_of_f64_changed { name: String, #[serde(default)] value: f64, } => { name: String, #[serde(default = "half")] value: f64, }
    default_of_u32_added { name: String, value: u32, } => { name: String, #[serde(default)] value: u32, }
    default_of_u32_removed { name: String, #[serde(default)] value: u32, } => { name: String, value: u32, }
    default_of_u32_changed { name: String, #[serde(default)] value: u32, } => { name: String, #[serde(default = "one")] value: u32, }
    default_of_bool_added { name: String, value: bool, } => { name: String, #[serde(default)] value: bool, }
    default_of_bool_removed { name: String, #[serde(default)] value: bool, } => { name: String, value: bool, }
    default_of_bool_changed { name: String, #[serde(default)] value: bool, } => { name: String, #[serde(default = "yes")] value: bool, }
    default_of_enum_added { name: String, value: before::Level, } => { name: String, #[serde(default)] value: before::Level, }
    default_of_enum_removed { name: String, #[serde(default)] value: before::Level, } => { name: String, value: before::Level, }
    default_of_enum_changed { name: String, #[serde(default)] value: before::Level, } => { name: String, #[serde(default = "high")] value: before::Level, }
    default_of_vec_added { name: String, value: Vec<String>, } => { name: String, #[serde(default)] value: Vec<String>, }
    default_of_vec_removed { name: String, #[serde(default)] value: Vec<String>, } => { name: String, value: Vec<String>, }
    default_of_vec_changed { name: String, #[serde(default)] value: Vec<String>, } => { name: String, #[serde(default = "tagged")] value: Vec<String>, }
    default_of_struct_added { name: String, value: before::Point, } => { name: String, #[serde(default)] value: before::Point, }
    default_of_struct_removed { name: String, #[serde(default)] value: before::Point, } => { name: String, value: before::Point, }
    whole_default_added { name: String, value: f64, } => [derive(Default), serde(default)] { name: String, value: f64, }
    whole_default_removed [derive(Default), serde(default)] { name: String, value: f64, } => { name: String, value: f64, }
    closed { name: String, value: f64, } => [serde(deny_unknown_fields)] { name: String, value: f64, }
    opened [serde(deny_unknown_fields)] { name: String, value: f64, } => { name: String, value: f64, }
    option_added_to_closed [serde(deny_unknown_fields)] { name: String, value: f64, } => [serde(deny_unknown_fields)] { name: String, value: f64, #[serde(default)] more: Option<u32>, }
    option_removed_from_closed [serde(deny_unknown_fields)] { name: String, value: f64, #[serde(default)] more: Option<u32>, } => [serde(deny_unknown_fields)] { name: String, value: f64, }
    option_added_and_closed { name: String, value: f64, } => [serde(deny_unknown_fields)] { name: String, value: f64, #[serde(default)] more: Option<u32>, }
    option_skipped_added_to_closed [serde(deny_unknown_fields)] { name: String, value: f64, } => [serde(deny_unknown_fields)] { name: String, value: f64, #[serde(default, skip_serializing_if = "Option::is_none")] more: Option<u32>, }
    vec_of_u8_to_vec_of_u32 { name: String, value: Vec<u8>, } => { name: String, value: Vec<u32>, }
    vec_of_u32_to_vec_of_u8 { name: String, value: Vec<u32>, } => { name: String, value: Vec<u8>, }
    vec_of_u32_to_vec_of_f64 { name: String, value: Vec<u32>, } => { name: String, value: Vec<f64>, }
    vec_of_strings_to_vec_of_f64 { name: String, value: Vec<String>, } => { name: String, value: Vec<f64>, }
    vec_to_vec_of_options { name: String, value: Vec<f64>, } => { name: String, value: Vec<Option<f64>>, }
    vec_of_options_to_vec { name: String, value: Vec<Option<f64>>, } => { name: String, value: Vec<f64>, }
    string_to_vec { name: String, value: String, } => { name: String, value: Vec<String>, }
    vec_to_string { name: String, value: Vec<String>, } => { name: String, value: String, }
    vec_to_map { name: String, value: Vec<String>, } => { name: String, value: HashMap<String, String>, }
    map_to_vec { name: String, value: HashMap<String, String>, } => { name: String, value: Vec<String>, }
    vec_to_vec_of_vecs { name: String, value: Vec<f64>, } => { name: String, value: Vec<Vec<f64>>, }
    map_of_u8_to_map_of_u32 { name: String, value: HashMap<String, u8>, } => { name: String, value: HashMap<String, u32>, }
    map_of_u32_to_map_of_u8 { name: String, value: HashMap<String, u32>, } => { name: String, value: HashMap<String, u8>, }
    map_of_u64_to_map_of_f64 { name: String, value: HashMap<String, u64>, } => { name: String, value: HashMap<String, f64>, }
    map_of_strings_to_map_of_f64 { name: String, value: HashMap<String, String>, } => { name: String, value: HashMap<String, f64>, }
    map_to_map_of_options { name: String, value: HashMap<String, f64>, } => { name: String, value: HashMap<String, Option<f64>>, }
    map_of_options_to_map { name: String, value: HashMap<String, Option<f64>>, } => { name: String, value: HashMap<String, f64>, }
    map_to_struct { name: String, value: HashMap<String, f64>, } => { name: String, value: before::Point, }
    struct_to_map { name: String, value: before::Point, } => { name: String, value: HashMap<String, f64>, }
    struct_to_vec { name: String, value: before::Point, } => { name: String, value: Vec<f64>, }
    vec_to_struct { name: String, value: Vec<f64>, } => { name: String, value: before::Point, }
    struct_to_string { name: String, value: before::Point, } => { name: String, value: String, }
    inner_optional_added { name: String, value: before::Point, } => { name: String, value: after::optional::Point, }
    inner_required_added { name: String, value: before::Point, } => { name: String, value: after::required::Point, }
    inner_optional_added_first { name: String, value: before::Point, } => { name: String, value: after::first::Point, }
    inner_field_removed { name: String, value: before::Point, } => { name: String, value: after::smaller::Point, }
    inner_reordered { name: String, value: before::Point, } => { name: String, value: after::reordered::Point, }
    inner_closed { name: String, value: before::Point, } => { name: String, value: after::closed::Point, }
    inner_optional_removed { name: String, value: after::optional::Point, } => { name: String, value: before::Point, }
    inner_required_removed { name: String, value: after::required::Point, } => { name: String, value: before::Point, }
    inner_opened { name: String, value: after::closed::Point, } => { name: String, value: before::Point, }
    inner_optional_added_in_vec { name: String, value: Vec<before::Point>, } => { name: String, value: Vec<after::optional::Point>, }
    inner_optional_added_in_map { name: String, value: HashMap<String, before::Point>, } => { name: String, value: HashMap<String, after::optional::Point>, }
    inner_required_added_in_option { name: String, #[serde(default)] value: Option<before::Point>, } => { name: String, #[serde(default)] value: Option<after::required::Point>, }
    required_behind_optional_added { name: String, #[serde(default)] value: Option<f64>, } => { name: String, #[serde(default)] value: Option<f64>, last: u32, }
    option_plain_added { name: String, } => { name: String, value: Option<f64>, }
    option_plain_removed { name: String, value: Option<f64>, } => { name: String, }
    option_added_before_last { name: String, last: u32, } => { name: String, #[serde(default)] value: Option<f64>, last: u32, }
    two_floats_swapped { name: String, a: f64, b: f64, } => { name: String, b: f64, a: f64, }
    int_and_float_swapped { name: String, a: u32, b: f64, } => { name: String, b: f64, a: u32, }
    bool_renamed { name: String, old_flag: bool, } => { name: String, new_flag: bool, }
}
