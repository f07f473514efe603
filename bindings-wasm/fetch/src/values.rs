//! Values that pass between Rust and JavaScript: options, answers, and the arguments and results of functions.
//!
//! Objects of JavaScript correspond to maps and structs of Rust, as in JSON.

use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_wasm_bindgen::Serializer;
use trilogue_core::{Error, ErrorKind};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Converts a JavaScript value into a Rust value.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`]: it has another shape.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(value).map_err(|why| invalid(&why))
}

/// Converts a Rust value into a JavaScript value: maps become plain objects, `None` becomes null.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`]: JavaScript can't represent it, such as an integer of more than 53 bits.
pub fn to_js(value: &(impl Serialize + ?Sized)) -> Result<JsValue, Error> {
    value.serialize(&Serializer::json_compatible()).map_err(|why| invalid(&why))
}

fn invalid(why: &serde_wasm_bindgen::Error) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the value can't be converted: {why}"))
}

/// Calls a JavaScript function with one object, and awaits the promise if it returns one.
///
/// # Errors
///
/// The message of the exception, or what can't be converted.
pub async fn call(function: Function, arguments: Map<String, Value>) -> Result<Value, String> {
    let arguments = to_js(&arguments).map_err(|why| why.to_string())?;
    let returned = function.call1(&JsValue::UNDEFINED, &arguments).map_err(|why| thrown(&why))?;
    let result = JsFuture::from(Promise::resolve(&returned)).await.map_err(|why| thrown(&why))?;
    if result.is_undefined() {
        return Ok(Value::Null);
    }
    from_js(result).map_err(|why| why.to_string())
}

/// The text of an exception, or of another value that was thrown.
fn thrown(why: &JsValue) -> String {
    match why.dyn_ref::<js_sys::Error>() {
        Some(error) => error.to_string().into(),
        None => why.as_string().unwrap_or_else(|| format!("{why:?}")),
    }
}
