//! Lines of `--set` and what they make of values, as Helm's own cases have it.

use super::*;

fn yaml(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number}f"),
        Value::String(text) => format!("{text:?}"),
        Value::List(list) => format!("[{}]", list.iter().map(yaml).collect::<Vec<_>>().join(",")),
        Value::Map(map) => {
            let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key}:{}", yaml(value))).collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

fn after(line: &str, kind: Kind<'_>) -> String {
    let mut values = Map::new();
    match set(line, &mut values, kind) {
        Ok(()) => yaml(&Value::Map(values)),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn typed_lines() {
    for (line, expected) in [
        ("name1=null,f=false,t=true", r#"{f:false,name1:null,t:true}"#),
        ("name1=value1", r#"{name1:"value1"}"#),
        ("long_int=1234567890", "{long_int:1234567890}"),
        ("leading_zeros=00009", r#"{leading_zeros:"00009"}"#),
        ("zero=0,float=1.5", r#"{float:"1.5",zero:0}"#),
        ("name1=,name2=value2", r#"{name1:"",name2:"value2"}"#),
        ("name1=,name2=", r#"{name1:"",name2:""}"#),
        (r"name1=one\,two,name2=three\,four", r#"{name1:"one,two",name2:"three,four"}"#),
        (r"name1=one\=two", r#"{name1:"one=two"}"#),
        ("name1=one two three", r#"{name1:"one two three"}"#),
        ("outer.inner=value", r#"{outer:{inner:"value"}}"#),
        ("name1={}", r#"{name1:[""]}"#),
        ("name1={a,b},name2=c", r#"{name1:["a","b"],name2:"c"}"#),
        ("list[0].foo=bar,list[0].hello=world", r#"{list:[{foo:"bar",hello:"world"}]}"#),
        ("list[0]=foo,list[3]=bar", r#"{list:["foo",null,null,"bar"]}"#),
        ("nested[1][1]=1", "{nested:[null,[null,1]]}"),
        ("name1.name2[1].foo=bar,name1.name2[0].foo=bar", r#"{name1:{name2:[{foo:"bar"},{foo:"bar"}]}}"#),
        ("noval[0]", "{noval:[]}"),
        ("noval[0]=", r#"{noval:[""]}"#),
        (r"a\.b=1", r#"{a.b:1}"#),
        ("name1", r#"! key "name1" has no value"#),
        ("name1,name2=v", r#"! key "name1" has no value (cannot end with ,)"#),
        ("outer.inner.=v", r#"! key map "inner" has no value"#),
        ("name1={1021,902", "! list must terminate with '}'"),
        ("list[-30].hello=world", "! negative -30 index not allowed"),
        ("list[70000]=a", "! index of 70000 is greater than maximum supported index of 65536"),
        ("illegal[0]name.foo=bar", r#"! unexpected data at end of array index: "name""#),
        (
            "a=1,a.b=2",
            "! unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
        ),
    ] {
        assert_eq!(after(line, Kind::Typed), expected, "{line}");
    }
}

#[test]
fn other_kinds() {
    assert_eq!(after("a=1,b=true", Kind::Text), r#"{a:"1",b:"true"}"#);
    assert_eq!(
        after(r#"a={"x":1,"y":[true,null]},b=2 ,c="t",d="#, Kind::Json),
        r#"{a:{x:1f,y:[true,null]},b:2f,c:"t",d:null}"#
    );
    let read = |name: &str| if name == "f" { Ok("text\n".to_owned()) } else { Err("gone".to_owned()) };
    assert_eq!(after("a.b=f", Kind::File(&read)), r#"{a:{b:"text\n"}}"#);
    assert_eq!(after("a=g", Kind::File(&read)), "! gone");
    let mut values = Map::new();
    set_literal(r"a.b=x,y={1}\n=z", &mut values).unwrap();
    assert_eq!(yaml(&Value::Map(values)), r#"{a:{b:"x,y={1}\\n=z"}}"#);
}

#[test]
fn hostile_lines_end() {
    let deep = format!("{}x=1", "a.".repeat(40));
    assert!(after(&deep, Kind::Typed).contains("nested level"));
    let deep = format!("a{}=1", "[0]".repeat(5000));
    assert!(!after(&deep, Kind::Typed).is_empty());
}
