// Files of a message: images, audio and documents as parts of a chat completion's message.

import type { LanguageModelV4FilePart, SharedV4Warning } from "@ai-sdk/provider";

/** The formats of audio that chat completions accept, by media type. */
const audioFormats: Record<string, string> = {
	"audio/wav": "wav",
	"audio/x-wav": "wav",
	"audio/mpeg": "mp3",
	"audio/mp3": "mp3",
};

/** Converts a file to a part of a message. A file that the format has no part for becomes a text that names its type, with a warning. */
export function filePart(file: LanguageModelV4FilePart, warnings: SharedV4Warning[]): unknown {
	const { mediaType, filename, data } = file;
	const [kind] = mediaType.split("/");
	if (data.type === "text") return { type: "text", text: data.text };
	if (kind === "image" && data.type === "url") return { type: "image_url", image_url: { url: data.url.href } };
	if (data.type === "data") {
		const base64 = typeof data.data === "string" ? data.data : toBase64(data.data);
		if (kind === "image") {
			// A general media type says nothing about the bytes; servers recognise the format by itself.
			const type = /^image(\/\*)?$/.test(mediaType) ? "image/png" : mediaType;
			return { type: "image_url", image_url: { url: `data:${type};base64,${base64}` } };
		}
		const format = audioFormats[mediaType];
		if (format) return { type: "input_audio", input_audio: { data: base64, format } };
		if (mediaType === "application/pdf") {
			const file_data = `data:${mediaType};base64,${base64}`;
			return { type: "file", file: { filename: filename ?? "document.pdf", file_data } };
		}
	}
	warnings.push({ type: "unsupported", feature: `file of type ${mediaType} as ${data.type}` });
	return { type: "text", text: `(a file of type ${mediaType} was left out)` };
}

function toBase64(bytes: Uint8Array): string {
	let text = "";
	// In pieces, since a function takes a limited number of arguments.
	for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
	return btoa(text);
}
