//! Tests of the judge: the protocol, the loader of the vectors and the golden files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use judge::encode::MOST_MAP_ENTRIES;
use judge::protocol::{CRATE_VERSION, answer};
use judge::types::CHECKPOINT_NOTIFICATION;
use judge::{decode::decode, fixtures, vectors};
use serde_json::{Value, json};

fn ask(request: Value) -> Value {
    answer(request.to_string().as_bytes()).response
}

fn value_of(metadata: Value) -> Value {
    json!({"model_path": "p", "model_name": "n", "version": "18446744073709551615", "saved_at": "s",
        "training_step": "0", "metadata": metadata})
}

const VALUE_PAYLOAD: &str = "eyJtb2RlbF9wYXRoIjoicCIsIm1vZGVsX25hbWUiOiJuIiwidmVyc2lvbiI6MTg0NDY3NDQwNzM3MDk1NTE2MTUs\
    InNhdmVkX2F0IjoicyIsInRyYWluaW5nX3N0ZXAiOjAsIm1ldGFkYXRhIjp7ImsiOiJ2In19";

#[test]
fn hello_names_the_locked_crate() {
    let lock = std::fs::read_to_string(judge::paths::manifest_folder().join("Cargo.lock")).unwrap();
    let lock: Value = toml::from_str(&lock).unwrap();
    let packages = lock["package"].as_array().unwrap();
    let locked = packages.iter().find(|package| package["name"] == "jflow-core").unwrap();
    assert_eq!(CRATE_VERSION, locked["version"]);
    let expected = json!({"id": 1, "name": "jflow-core", "version": CRATE_VERSION, "protocol": 1,
        "message": "checkpoint_notification"});
    assert_eq!(expected, ask(json!({"id": 1, "op": "hello"})));
}

#[test]
fn encode_and_decode_are_inverse() {
    let value = value_of(json!({"k": "v"}));
    let encoded = ask(json!({"id": 1, "op": "encode", "value": value}));
    assert_eq!(json!({"id": 1, "payload": VALUE_PAYLOAD}), encoded);
    let decoded = ask(json!({"id": 2, "op": "decode", "payload": VALUE_PAYLOAD}));
    assert_eq!(json!({"id": 2, "value": value}), decoded);
}

#[test]
fn refusals_carry_category_and_position() {
    let expected = json!({"id": 3, "error": {"category": "data", "message": "missing field `model_path`", "line": 1,
        "column": 2, "text": "missing field `model_path` at line 1 column 2"}});
    assert_eq!(expected, ask(json!({"id": 3, "op": "decode", "payload": "e30="})));
    let expected = json!({"id": 4, "error": {"category": "utf8", "offset": 3}});
    assert_eq!(expected, ask(json!({"id": 4, "op": "decode", "payload": "YWJj/w=="})));
    for (payload, category) in [("{\"a\":1,}", "syntax"), ("", "eof")] {
        assert_eq!(category, decode(payload.as_bytes()).unwrap_err().to_value()["category"]);
    }
}

#[test]
fn urls_are_read_as_redis_rs_reads_them() {
    let tcp = json!({"host": "h", "port": 6379, "unix_path": null, "db": 2, "username": "u", "password": "p",
        "protocol": 3});
    assert_eq!(
        tcp,
        ask(json!({"id": 1, "op": "url", "url": "redis://u:p@h/2?protocol=3"}))["url"]
    );
    let unix = json!({"host": null, "port": null, "unix_path": null, "unix_path_base64": "L/8=", "db": 0,
        "username": null, "password": null, "protocol": 2});
    assert_eq!(unix, ask(json!({"id": 1, "op": "url", "url": "unix:///%ff"}))["url"]);
    let wildcard = json!({"id": 1, "error": {
        "text": "Cannot connect to a wildcard address (0.0.0.0 or ::) - InvalidClientConfig"}});
    assert_eq!(wildcard, ask(json!({"id": 1, "op": "url", "url": "redis://0.0.0.0"})));
}

#[test]
fn only_stop_ends_the_peer() {
    let reply = answer(br#"{"id":5,"op":"stop"}"#);
    assert_eq!((json!({"id": 5, "stopped": true}), true), (reply.response, reply.stop));
    for line in [
        r#"{"id":5,"op":"hello"}"#,
        r#"{"id":5,"op":"stopp"}"#,
        r#"{"op":"stop"}"#,
        "stop",
    ] {
        assert!(!answer(line.as_bytes()).stop, "{line}");
    }
}

/// Returns the program's output for this input, and its exit status.
fn peer(input: &str) -> (Vec<Value>, Option<i32>) {
    let mut peer = Command::new(env!("CARGO_BIN_EXE_peer"));
    let mut peer = peer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    peer.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = peer.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        output.status.code(),
    )
}

#[test]
fn the_peer_answers_each_line_until_stop_or_the_end() {
    let hello = json!({"id": 1, "op": "hello"});
    let decode = json!({"id": 2, "op": "decode", "payload": ""});
    let (answers, status) = peer(&format!("{hello}\n\n{decode}"));
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!((vec![&json!(1), &Value::Null, &json!(2)], Some(0)), (ids, status));
    let (answers, status) = peer(&format!("{}\n{hello}\n", json!({"id": 3, "op": "stop"})));
    assert_eq!((vec![json!({"id": 3, "stopped": true})], Some(0)), (answers, status));
}

#[test]
fn what_is_not_understood_is_a_failure_and_no_verdict() {
    let mut seven = value_of(json!({}));
    seven["seventh"] = json!("x");
    let mut spelled = value_of(json!({}));
    spelled["version"] = json!("+7");
    let requests = [
        json!({"id": 1}),
        json!({"id": 1, "op": "nope"}),
        json!({"id": 1, "op": "decode"}),
        json!({"id": 1, "op": "decode", "payload": "e30"}),
        json!({"id": 1, "op": "url", "url": 1}),
        json!({"id": 1, "op": "encode"}),
        json!({"id": 1, "op": "encode", "value": {}}),
        json!({"id": 1, "op": "encode", "value": seven}),
        json!({"id": 1, "op": "encode", "value": spelled}),
        json!({"id": 1, "op": "encode", "value": value_of(json!({"k": 1}))}),
    ];
    for request in requests {
        let response = ask(request.clone());
        let keys: Vec<&String> = response.as_object().unwrap().keys().collect();
        assert_eq!(
            (vec!["failure", "id"], &json!(1)),
            (keys.iter().map(|key| key.as_str()).collect(), &response["id"]),
            "{request}"
        );
    }
    for line in [
        "",
        "x",
        "[]",
        "null",
        r#"{"id":"a"}"#,
        r#"{"id":1.5}"#,
        &"[".repeat(100_000),
    ] {
        let response = answer(line.as_bytes()).response;
        assert!(response["id"].is_null() && response["failure"].is_string(), "{line}");
    }
}

#[test]
fn deep_and_long_payloads_get_a_verdict() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let long = format!(r#"["{}","n",1,"s",2]"#, "a".repeat(10_000_000));
    assert!(
        decode(deep.as_bytes())
            .unwrap_err()
            .to_string()
            .starts_with("missing field `model_path`")
    );
    assert_eq!(10_000_000, decode(long.as_bytes()).unwrap().model_path.len());
}

#[test]
fn sorted_json_is_the_crate_s_own_output_in_one_order() {
    let value = value_of(json!({"a": "v", "b": "v", "c": "v", "d": "v", "e": "v"}));
    assert_eq!(MOST_MAP_ENTRIES, value["metadata"].as_object().unwrap().len());
    let sorted = (CHECKPOINT_NOTIFICATION.encode_sorted)(&value).unwrap();
    assert!(
        sorted.ends_with(r#""metadata":{"a":"v","b":"v","c":"v","d":"v","e":"v"}}"#),
        "{sorted}"
    );
    assert_eq!(value, (CHECKPOINT_NOTIFICATION.decode)(sorted.as_bytes()).unwrap());
    let more = value_of(json!({"a": "v", "b": "v", "c": "v", "d": "v", "e": "v", "f": "v"}));
    assert_eq!(
        Err("6 entries in a map; at most 5".to_owned()),
        (CHECKPOINT_NOTIFICATION.encode_sorted)(&more)
    );
}

/// A source with one good entry in each list; `extra` is put after them.
fn source(extra: &str) -> String {
    format!(
        r#"
        [[canonical]]
        name = "plain"
        description = "c"
        [canonical.value]
        model_path = "p"
        model_name = "n"
        version = "1"
        saved_at = "s"
        training_step = "2"
        metadata = {{}}
        [[unusual]]
        name = "array"
        description = "u"
        payload = '["p","n",1,"s",2]'
        [[refused]]
        name = "nothing"
        description = "r"
        payload = ""
        {extra}
        "#
    )
}

const WRITTEN_BY_RUST: &str =
    r#"{"model_path":"p","model_name":"n","version":1,"saved_at":"s","training_step":3,"metadata":{}}"#;

fn render(source: &str) -> Result<fixtures::Files, Vec<String>> {
    vectors::load(source).and_then(|entries| fixtures::render(&entries))
}

#[test]
fn each_form_of_a_payload_is_read() {
    let extra = r#"
        [[refused]]
        name = "bytes"
        description = "base64"
        payload_base64 = "/w=="
        [[refused]]
        name = "parts"
        description = "parts"
        payload_parts = ["{", { repeat = "[x", times = 3 }, "}"]
    "#;
    let files = render(&source(extra)).unwrap();
    assert_eq!(b"\xff", files[Path::new("refused/bytes.payload")].as_slice());
    assert_eq!(b"{[x[x[x}", files[Path::new("refused/parts.payload")].as_slice());
    let expected =
        "{\n  \"description\": \"base64\",\n  \"error\": {\n    \"category\": \"utf8\",\n    \"offset\": 0\n  }\n}\n";
    assert_eq!(expected.as_bytes(), files[Path::new("refused/bytes.json")].as_slice());
}

#[test]
fn a_faulty_source_is_refused_and_the_entry_is_named() {
    let cases = [
        (
            "name = 'nothing'\ndescription = 'x'\npayload = 'x'",
            "refused/nothing: has the name of refused/nothing",
        ),
        (
            "name = 'plain'\ndescription = 'x'\npayload = 'x'",
            "refused/plain: has the name of canonical/plain",
        ),
        (
            "name = 'a'\ndescription = 'u'\npayload = 'x'",
            "refused/a: has the description of unusual/array",
        ),
        (
            "name = 'a'\ndescription = ' '\npayload = 'x'",
            "refused/a: no description",
        ),
        ("name = 'a'\npayload = 'x'", "refused/a: no description"),
        (
            "name = 'A'\ndescription = 'x'\npayload = 'x'",
            "refused/A: the name is not made of a-z, 0-9 and _",
        ),
        ("description = 'x'\npayload = 'x'", "refused entry number 2: no name"),
        (
            "name = 'a'\ndescription = 'x'",
            "refused/a: exactly one form is wanted, found []",
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload = ''\npayload_parts = []",
            r#"refused/a: exactly one form is wanted, found ["payload", "payload_parts"]"#,
        ),
        (
            "name = 'a'\ndescription = 'x'\nvalue = ''",
            r#"refused/a: unknown member "value""#,
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload_base64 = '*'",
            "refused/a: payload_base64: Invalid symbol 42, offset 0.",
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload_parts = [{ repeat = 'x' }]",
            "refused/a: a part is not { repeat = text, times = number }",
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload = '[\"p\",\"n\",1,\"s\",3]'",
            "refused/a: the crate accepts it",
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload = ''",
            "refused/a: has the payload of refused/nothing",
        ),
        (
            "name = 'a'\ndescription = 'x'\npayload = 'x'\n[[other]]\nname = 'b'",
            r#"unknown list "other""#,
        ),
    ];
    for (entry, problem) in cases {
        assert_eq!(
            Err(vec![problem.to_owned()]),
            render(&source(&format!("[[refused]]\n{entry}"))),
            "{entry}"
        );
    }
    let unusual = [
        (
            "{}",
            "unusual/a: the crate refuses it: missing field `model_path` at line 1 column 2",
        ),
        (WRITTEN_BY_RUST, "unusual/a: the crate writes it: it is canonical"),
    ];
    for (payload, problem) in unusual {
        let entry = format!("[[unusual]]\nname = 'a'\ndescription = 'x'\npayload = '{payload}'");
        assert_eq!(Err(vec![problem.to_owned()]), render(&source(&entry)));
    }
    let canonical = source("").replace("metadata = {}", "metadata = { a='', b='', c='', d='', e='', f='' }");
    assert_eq!(
        Err(vec!["canonical/plain: 6 entries in a map; at most 5".to_owned()]),
        render(&canonical)
    );
    assert_eq!(3, render("").unwrap_err().len());
}

#[test]
fn golden_sees_and_mends_every_difference() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden");
    let _ = std::fs::remove_dir_all(&folder);
    let files = render(&source("")).unwrap();
    assert_eq!(6, fixtures::differences(&files, &folder).unwrap().len());
    assert_eq!(6, fixtures::write(&files, &folder).unwrap().len());
    assert_eq!(files, fixtures::read(&folder).unwrap());

    std::fs::write(folder.join("unusual/array.payload"), "x").unwrap();
    std::fs::remove_file(folder.join("refused/nothing.json")).unwrap();
    std::fs::write(folder.join("canonical/old.json"), "{}").unwrap();
    let expected = [
        ("refused/nothing.json", "is missing"),
        ("unusual/array.payload", "differs"),
        ("canonical/old.json", "is in no list"),
    ];
    let expected: Vec<(PathBuf, &str)> = expected.map(|(path, what)| (PathBuf::from(path), what)).to_vec();
    assert_eq!(expected, fixtures::differences(&files, &folder).unwrap());
    fixtures::write(&files, &folder).unwrap();
    assert_eq!(files, fixtures::read(&folder).unwrap());

    std::fs::write(folder.join("refused/notes.txt"), "mine").unwrap();
    assert!(fixtures::write(&files, &folder).is_err());
    assert!(folder.join("refused/notes.txt").exists());
}
