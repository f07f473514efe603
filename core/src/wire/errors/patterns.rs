//! Table of provider-specific error names, numbers and phrases, with the source of each entry.
//!
//! Format: names are in lower case without punctuation (`rate_limit_error` and `RateLimitError` are `ratelimiterror`) and surrounded by
//! spaces. Phrases are in lower case, with `|` between alternatives and `*` for any text. Each list is one string, because a slice of
//! strings takes eight more bytes per entry in a wasm module. [`super::classify`] applies the table.

use crate::error::ErrorKind;

/// Values of `code` and `type` for each kind.
pub(super) const NAMES: &[(ErrorKind, &str)] = &[
    (
        ErrorKind::InsufficientQuota,
        // OpenAI, Moonshot (exceeded_current_quota_error), MiniMax, DashScope (Arrearage, AllocationQuota.FreeTierOnly), Volcengine
        // (AccountOverdueError, SetLimitExceeded), ChatGPT's Codex (usage_limit_reached), z.ai: 1113 balance, 1308 and 1310 usage limits, 1309 plan expired,
        // FastChat: 42902, SiliconFlow: 30001.
        " insufficientquota billinghardlimitreached quotaexceeded exceededcurrentquotaerror insufficientbalanceerror insufficientbalance \
         arrearage allocationquota accountoverdueerror setlimitexceeded usagelimitreached 1113 1308 1309 1310 42902 30001 ",
    ),
    (ErrorKind::PaymentRequired, " billingerror paymentrequired insufficientcredits creditsexhausted "),
    (
        ErrorKind::ContextLength,
        // OpenAI, llama.cpp, Copilot, GitHub Models, LiteLLM, FastChat: 40303, z.ai: 1261, Spark: 10907.
        " contextlengthexceeded exceedcontextsizeerror modelmaxprompttokensexceeded tokenslimitreached contextwindowexceedederror \
         40303 1261 10907 ",
    ),
    (
        ErrorKind::ContentFilter,
        // OpenAI, DashScope, Azure, Volcengine, z.ai: 1301, Spark: 10013 and 10014.
        " contentfilter contentpolicyviolation datainspectionfailed responsibleaipolicyviolation sensitivecontentdetected 1301 10013 10014 ",
    ),
    // FastChat: 42903, SiliconFlow: 50505, z.ai: 1312.
    (ErrorKind::Overloaded, " overloadederror overloaded serveroverloaded engineoverloadederror 42903 50505 1312 "),
    // z.ai: 1000 to 1004.
    (
        ErrorKind::Authentication,
        " authenticationerror invalidapikey unauthorized unauthenticated authorizederror incorrectapikeyerror \
         invalidauthenticationerror 1000 1001 1002 1003 1004 ",
    ),
    // z.ai: 1220, 1311.
    (
        ErrorKind::PermissionDenied,
        " permissionerror permissiondenied permissiondeniederror forbidden accessdenied 1220 1311 ",
    ),
    // z.ai: 1211, SiliconFlow: 20012.
    (ErrorKind::NotFound, " notfounderror modelnotfound notfound resourcenotfounderror 1211 20012 "),
    (ErrorKind::Conflict, " conflicterror conflict aborted "),
    (ErrorKind::RequestTooLarge, " requesttoolarge "),
    // DashScope, Google, AWS, Spark: 11202 and 11203, z.ai: 1302, 1303 and 1305.
    (
        ErrorKind::RateLimit,
        " ratelimiterror ratelimitexceeded ratelimit ratelimitreachederror toomanyrequests throttling throttlingexception limitrequests \
         limitburstrate resourceexhausted 11202 11203 1302 1303 1305 ",
    ),
    // z.ai: 1230, 1234.
    (
        ErrorKind::InternalServer,
        " apierror servererror internalerror internalservererror internalserviceerror internalserverexception serviceunavailable \
         serviceunavailableerror timeouterror requesttimeout unavailable internal systemerror 1230 1234 ",
    ),
    (
        ErrorKind::BadRequest,
        " invalidrequesterror badrequest badrequesterror invalidrequest invalidparameter invalidargument validationerror validationexception \
         1210 1212 1213 1214 1215 ",
    ),
];

/// MiniMax's values of `base_resp.status_code`, some of which mean something else at other providers.
pub(super) const MINIMAX: &[(ErrorKind, &str)] = &[
    (ErrorKind::InsufficientQuota, " 1008 2056 "),
    (ErrorKind::Authentication, " 1004 2049 "),
    (ErrorKind::RateLimit, " 1002 1039 1041 2045 "),
    (ErrorKind::ContentFilter, " 1026 1027 "),
    (ErrorKind::InternalServer, " 1000 1001 1013 1024 1033 "),
    (ErrorKind::BadRequest, " 1042 2013 "),
];

/// Quotas and balances that are used up. Waiting doesn't help, unless [`TRANSIENT`] matches too.
pub(super) const QUOTA: &str = concat!(
    // OpenAI, Gemini.
    "exceeded your current quota|",
    "insufficient quota|",
    // DeepSeek, z.ai, MiniMax, SiliconFlow.
    "insufficient balance|",
    "balance is insufficient|",
    "please recharge|",
    // z.ai and others in Chinese.
    "余额不足|",
    // Anthropic.
    "credit balance is too low|",
    // OpenRouter, xAI, Vercel.
    "insufficient credits|",
    "requires more credits|",
    "used all available credits|",
    "out of credits|",
    // DashScope, Volcengine.
    "overdue balance|",
    "account is in good standing|",
    "free tier of the model has been exhausted|",
    "free allocated quota exceeded|",
    // Moonshot: "Your account … is suspended, please check your plan and billing details".
    "check your plan and billing|",
    // Google.
    "quota exceeded*per day|",
    // Cohere's trial keys.
    "limited to*api calls / month",
);

/// Short-term rate limits that providers call quotas.
pub(super) const TRANSIENT: &str = concat!(
    // Gemini.
    "per minute|",
    "perminute|",
    "per second|",
    // DashScope: Throttling.AllocationQuota, whose documentation is under "#token-limit".
    "allocated quota exceeded, please increase|",
    "#token-limit",
);

/// Prompts that exceed the context window, unless [`THROTTLED`] matches too.
pub(super) const CONTEXT: &str = concat!(
    // OpenAI, Azure, vLLM, DeepSeek, OpenRouter, Mistral, Bedrock (Llama), SGLang.
    "maximum context length|",
    "max context length|",
    // OpenAI's Responses, Cloudflare, MiniMax ("context window exceeds limit"), llama-cpp-python, LiteLLM.
    "context window|",
    "contextwindowexceeded|",
    "context_length_exceeded|",
    "context length exceeded|",
    // Anthropic ("exceed context limit"), llama.cpp ("exceeds the available context size"), Ollama.
    "exceed context|",
    "exceeds the context|",
    "exceed*context length|",
    "exceed*context size|",
    "exceed*context limit|",
    // Anthropic, Vertex, Fireworks, Ollama.
    "prompt is too long|",
    "prompt too long|",
    // z.ai.
    "prompt exceeds max length|",
    // Bedrock (Claude, Titan).
    "input is too long|",
    "too many input tokens|",
    // Bedrock (Nova), watsonx, Databricks.
    "input tokens*exceed|",
    "prompt tokens*exceed|",
    // poolside, SGLang, Anthropic.
    "input length*exceed|",
    // Gemini, Copilot, SGLang.
    "token count*exceed|",
    // Vertex.
    "token count*only supports up to|",
    // OpenAI, Groq, Cerebras.
    "reduce the length of the|",
    // xAI.
    "maximum prompt length|",
    // Cohere.
    "too many tokens|",
    // TGI, Together.
    "inputs*tokens*max_new_tokens*must be|",
    "inputs*must have less than|",
    // Moonshot.
    "exceeded model token limit|",
    // DashScope.
    "range of input length|",
    // vLLM, SGLang.
    "longer than the maximum model length|",
    "longer than the model's context length|",
    "context length is only|",
    // LM Studio.
    "greater than the context length|",
    "trying to keep the first*tokens|",
    "reached context length|",
    // GitHub Models.
    "body too large*tokens|",
    // TabbyAPI, SambaNova, NVIDIA.
    "prompt length*exceed|",
    "max_seq_len|",
    "maximum sequence length|",
    "max_model_len|",
    // Volcengine.
    "exceed max message tokens",
);

/// Rate limits. Token counts in these messages are per minute or per day, not per prompt.
pub(super) const THROTTLED: &str = concat!(
    "per minute|",
    "per min|",
    "per day|",
    "per hour|",
    "per second|",
    "rate limit|",
    "please wait|",
    "too many requests|",
    "throttl|",
    "(tpm)",
);

/// Refusals of content filters (Azure).
pub(super) const FILTERED: &str = concat!("content management policy|", "content filter",);

/// Phrases that determine a kind if neither the status nor a name does.
pub(super) const WORDS: &[(ErrorKind, &str)] = &[
    (
        ErrorKind::Authentication,
        "invalid api key|invalid key|unauthorized|incorrect api key|invalid token|token expired",
    ),
    (ErrorKind::RateLimit, "rate limit|too many requests|ratelimit"),
    (ErrorKind::InternalServer, "internal server error|service unavailable|bad gateway"),
];
