// SPDX-License-Identifier: GPL-2.0-or-later
// Reads letters (JSON lines) and writes each as nodemailer composes it: send_nodemailer.js LETTERS DIR. OCTROI_NODEMAILER may name its directory.
'use strict';
const fs = require('fs');
const path = require('path');
let nodemailer;
try {
	nodemailer = require(process.env.OCTROI_NODEMAILER || 'nodemailer');
} catch (error) {
	console.log('# not installed: nodemailer');
	process.exit(0);
}
const [letters, directory] = process.argv.slice(2);
const encodings = { 'base64': 'base64', 'quoted-printable': 'quoted-printable' };
const lines = fs.readFileSync(letters, 'utf8').split('\n').filter(line => line);
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });

async function send(letter) {
	const mail = {
		from: { name: letter.from_name, address: letter.from }, to: letter.to, subject: letter.subject, text: letter.text, textEncoding: encodings[letter.cte],
		attachments: letter.attachments.map(file => ({ filename: file.name, path: file.path, contentType: file.type, cid: file.cid || undefined }))
	};
	if (letter.html) mail.html = letter.html;
	if (letter.number % 20 === 0) mail.icalEvent = { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' };
	const sent = await transport.sendMail(mail);
	fs.writeFileSync(path.join(directory, String(letter.number).padStart(5, '0') + '.eml'), sent.message);
}

(async () => { for (const line of lines) await send(JSON.parse(line)); })();
