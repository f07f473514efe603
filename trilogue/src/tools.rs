//! Functions that a model may call.

use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use trilogue_core::error::Problem;
use trilogue_core::tools::Tool;
use trilogue_core::tools::run::CallEnd;
pub use trilogue_core::tools::{Call, Outcome};

use crate::platform::{BoxFuture, MaybeSend, MaybeSync};
use crate::structured::schema_of;

/// A running function: its result, or its failure, as a text for the model.
type Running = BoxFuture<'static, Result<String, String>>;

/// Starts a function if its arguments fit.
trait Start: MaybeSend + MaybeSync {
    fn start(&self, arguments: Map<String, Value>) -> Result<Running, CallEnd>;
}

impl<F: Fn(Map<String, Value>) -> Result<Running, CallEnd> + MaybeSend + MaybeSync> Start for F {
    fn start(&self, arguments: Map<String, Value>) -> Result<Running, CallEnd> {
        self(arguments)
    }
}

/// A function that a model may call. Made by [`tool`]; cheap to clone.
#[derive(Clone)]
pub struct Function {
    tool: Tool,
    function: Arc<dyn Start>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.tool.name).finish_non_exhaustive()
    }
}

impl Function {
    /// Returns the name that the model calls.
    pub fn name(&self) -> &str {
        &self.tool.name
    }

    pub(crate) fn definition(&self) -> &Tool {
        &self.tool
    }

    pub(crate) fn start(&self, arguments: Map<String, Value>) -> Result<Running, CallEnd> {
        self.function.start(arguments)
    }
}

/// Makes a [`Function`] of an asynchronous Rust function.
///
/// `A` is its argument, an object whose JSON Schema the model gets. A text that the function returns goes to the model as it is, any other
/// result as JSON, and an error as its text.
pub fn tool<A, F, O, E>(
    name: &str,
    description: &str,
    function: impl Fn(A) -> F + MaybeSend + MaybeSync + 'static,
) -> Function
where
    A: DeserializeOwned + JsonSchema,
    F: Future<Output = Result<O, E>> + MaybeSend + 'static,
    O: Serialize,
    E: Display,
{
    function_of(name, description, schema_of::<A>(), move |arguments| {
        let arguments = serde_json::from_value(arguments.into())
            .map_err(|why| CallEnd::Misfit(vec![Problem { path: String::new(), message: why.to_string() }]))?;
        let running = function(arguments);
        Ok(Box::pin(async move {
            let result = running.await.map_err(|why| why.to_string())?;
            let result = serde_json::to_value(result);
            result.map(text).map_err(|why| format!("the result can't be written as JSON: {why}"))
        }))
    })
}

/// Makes a [`Function`] with this JSON Schema of its arguments.
pub(crate) fn function_of(
    name: &str,
    description: &str,
    parameters: Value,
    start: impl Fn(Map<String, Value>) -> Result<Running, CallEnd> + MaybeSend + MaybeSync + 'static,
) -> Function {
    let tool = Tool { name: name.to_owned(), description: Some(description.to_owned()), parameters, strict: None };
    Function { tool, function: Arc::new(start) }
}

/// A result as the model reads it.
pub(crate) fn text(result: Value) -> String {
    match result {
        Value::String(text) => text,
        result => result.to_string(),
    }
}
