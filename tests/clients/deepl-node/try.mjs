// deepl-node, which sends forms: texts, languages, usage, glossaries, document, errors.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import * as deepl from "deepl-node";

const serverUrl = process.env.BASE_URL.replace(/\/v1$/, "");
const client = new deepl.DeepLClient(process.env.API_KEY, { serverUrl });
const text = "The old dog sleeps.";
const translated = "«The old dog sleeps.»";

const one = await client.translateText(text, null, "de");
assert.equal(one.text, translated);
assert.equal(one.detectedSourceLang, "en");
const two = await client.translateText([text, "<b>Two</b> words."], "en", "de", { tagHandling: "xml", context: "A tale.", formality: "less" });
assert.deepEqual(two.map((each) => each.text), [translated, "«<b>Two</b> words.»"]);
console.log("texts, context, formality, tags");

assert((await client.getTargetLanguages()).some((language) => language.code === "en-GB"));
assert((await client.getSourceLanguages()).length > 100);
assert((await client.getUsage()).character.count > 0);
console.log("languages, usage");

const entries = new deepl.GlossaryEntries({ entries: { dog: "Hund" } });
const glossary = await client.createGlossary("animals", "en", "de", entries);
assert.deepEqual((await client.getGlossaryEntries(glossary)).entries(), { dog: "Hund" });
assert.equal((await client.translateText(text, "en", "de", { glossary })).text, translated);
await client.deleteGlossary(glossary);
await assert.rejects(client.getGlossary(glossary.glossaryId), deepl.GlossaryNotFoundError);
console.log("glossaries, version 2");

const several = await client.createMultilingualGlossary("several", [{ sourceLangCode: "en", targetLangCode: "de", entries }]);
const found = await client.getMultilingualGlossaryDictionaryEntries(several, "en", "de");
assert.deepEqual(found.entries.entries(), { dog: "Hund" });
await client.deleteMultilingualGlossary(several);
console.log("glossaries, version 3");

const folder = process.env.WORK;
await writeFile(`${folder}/in.txt`, `${text}\n`);
await client.translateDocument(`${folder}/in.txt`, `${folder}/out.txt`, "en", "de");
assert.equal(await readFile(`${folder}/out.txt`, "utf8"), `${translated}\n`);
console.log("document");

await assert.rejects(new deepl.DeepLClient("wrong-key-here", { serverUrl }).getUsage(), deepl.AuthorizationError);
console.log("error 403");
