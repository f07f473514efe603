//! Values that pass between Rust and JavaScript in a page: tools written in JavaScript, options, answers.
//!
//! [`from_js`] reads [`Options`](crate::Options), or any type with serde, from a JavaScript object; [`to_js`] makes a plain object of a reply
//! or of any other value; [`tool`] makes a function of JavaScript available to a model.

use js_sys::Function as JsFunction;
use serde_json::{Map, Value};
use trilogue_core::Error;
pub use trilogue_fetch::values::{from_js, to_js};
use wasm_bindgen::JsValue;

use crate::tools::{Function, function_of, text};

/// Makes a [`Function`] of a JavaScript function, which takes its arguments as one object and may return a promise.
///
/// `parameters` is the JSON Schema of the arguments, as a JavaScript object. A text that the function returns goes to the model as it is, any
/// other result as JSON, and an exception as its text.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest): `parameters` is no object of JSON values.
pub fn tool(name: &str, description: &str, parameters: JsValue, function: JsFunction) -> Result<Function, Error> {
    let parameters: Map<String, Value> = from_js(parameters)?;
    Ok(function_of(name, description, parameters.into(), move |arguments| {
        let running = trilogue_fetch::values::call(function.clone(), arguments);
        Ok(Box::pin(async move { running.await.map(text) }))
    }))
}
