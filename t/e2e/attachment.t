# SPDX-License-Identifier: GPL-2.0-or-later
# Attachments through Postfix: what is denied is refused with its name and the word that denies it, outside and inside of archives; what cannot be
# looked into or can be read in two ways is held; a rule lets others have it (threats MIME-01, NAME-01, ATT-03, ATT-06, ATT-07).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Octroi::Gate;
use Octroi::Mail qw(plain attached zip archive encrypted_zip program two_encodings);

my $gate = Octroi::Gate->start(append => { attachment => <<'CONF' });
	rule "partner" {
		recipients = { "ext.example" }
		deny_types = { "shortcuts" }
	}
CONF
my @partner = (login => 'alice@ours.example', from => '<alice@ours.example>', rcpt => '<u@ext.example>');

my $letter = archive('[Content_Types].xml' => content_types('document.main+xml'), 'word/document.xml' => '<w:document/>');
my $macros = archive('[Content_Types].xml' => content_types('document.macroEnabled.main+xml'), 'word/document.xml' => '<w:document/>',
	'word/vbaProject.bin' => compound_file('VBA'));

my @refused = (
	{ name => 'a program', file => 'setup.exe', bytes => program(), like => qr/"setup\.exe".*Windows program.*programs/ },
	{ name => 'a program under another name', file => 'readme.txt', bytes => program(), like => qr/"readme\.txt".*Windows program/ },
	{ name => 'a program in an archive', file => 'setup.zip', bytes => zip('setup.exe', program()),
	  like => qr/"setup\.exe" in "setup\.zip".*Windows program/ },
	{ name => 'a program in an archive in an archive', file => 'a.zip', bytes => zip('b.zip', zip('setup.exe', program())),
	  like => qr/"setup\.exe" in "b\.zip".*Windows program/ },
	{ name => 'the name of a program behind another', file => 'invoice.pdf.exe', bytes => "%PDF-1.4\n%%EOF\n", like => qr/"invoice\.pdf\.exe".*\.exe/ },
	{ name => 'a shortcut', file => 'a.lnk', bytes => "nothing\n", like => qr/"a\.lnk".*shortcuts/ },
	{ name => 'a script in a forwarded message', file => 'm.eml', bytes => attached(name => 'a.js', bytes => "var a = 1;\n"),
	  like => qr/"a\.js".*scripts/ },
	{ name => 'a shortcut for the partner', file => 'a.lnk', bytes => "nothing\n", like => qr/"a\.lnk".*shortcuts/, send => [@partner] },
	{ name => 'a program for the partner and others', file => 'setup.exe', bytes => program(), like => qr/"setup\.exe"/,
	  send => [@partner, rcpt => ['<u@ext.example>', '<u@ours.example>']] },
);

my @taken = (
	{ name => 'a letter', file => 'letter.docx', bytes => $letter },
	{ name => 'a program for the partner', file => 'setup.exe', bytes => program(), send => [@partner] },
	{ name => 'a letter with macros', file => 'letter.docm', bytes => $macros, finding => qr/attachment:active_content/ },
);

my @held = (
	{ name => 'an encrypted archive', by => 'attachment:encrypted', message =>
	  attached(name => 'secret.zip', bytes => encrypted_zip('secret.txt', "nothing to see\n", 'infected')) },
	{ name => 'a message with two encodings', by => 'content:ambiguous', message => two_encodings(zip('a.txt', "nothing\n" x 100)) },
);

for my $case (@refused) {
	subtest "$case->{name} is refused" => sub { check_refused($case) };
}
is scalar $gate->sink->messages, 0, 'nothing of it reached the internal server';
for my $case (@taken) {
	subtest "$case->{name} is taken" => sub { check_taken($case) };
}
for my $case (@held) {
	subtest "$case->{name} is held" => sub { check_held($case) };
}
done_testing;

sub send_file {
	my ($case) = @_;

	my %send = @{ $case->{send} // [] };
	my @author = $send{login} ? (from => $send{login}) : ();

	return $gate->send(message => attached(@author, name => $case->{file}, bytes => $case->{bytes}), %send);
}

sub check_refused {
	my ($case) = @_;
	my $reply = send_file($case)->{reply};

	is $reply->code, 550, "refused: $reply";
	is $reply->status, '5.7.1', 'with 5.7.1';
	like "$reply", $case->{like}, 'the file and the word that denies it are named';
	my $record = $gate->record($reply);
	ok $record, 'the id is in the log' or return;
	is $record->{by}, 'attachment:denied', 'by attachment:denied';
}

sub check_taken {
	my ($case) = @_;
	my $result = send_file($case);

	is $result->{reply}->code, 250, "taken: $result->{reply}";
	my $record = $gate->record($result->{reply});
	is $record->{verdict}, 'accept', 'accepted';
	like $record->{findings}, $case->{finding}, 'and weighed' if $case->{finding};
	unlike $record->{findings} // '', qr/attachment:(?:denied|encrypted|unscannable)|content:/, 'nothing else is said of it';
}

sub check_held {
	my ($case) = @_;
	my $result = $gate->send(message => $case->{message});
	my $queue_id = $result->{reply}->queue_id;

	ok $queue_id, "taken: $result->{reply}" or return;
	ok scalar(grep { $_->{queue_id} eq $queue_id } $gate->postfix->held), 'and in the hold queue';
	is $gate->record($result->{reply})->{by}, $case->{by}, "by $case->{by}";
	unlike $gate->postfix->queued_message($queue_id), qr/^X-Virus-Status:\s*Clean/m, 'without a stamp that says it is clean'
		if $case->{by} eq 'attachment:encrypted';
}

sub content_types {
	my ($main) = @_;

	return '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
		. '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
		. qq(<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.$main"/></Types>);
}

# The smallest compound file there is (MS-CFB), with one empty storage.
sub compound_file {
	my ($storage) = @_;
	my ($free, $end, $fat) = (0xffffffff, 0xfffffffe, 0xfffffffd);
	my $header = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" . "\0" x 16 . pack 'v5 x6 V9', 0x3e, 3, 0xfffe, 9, 6, 0, 1, 1, 0, 4096, $end, 0, $end, 0;

	return $header . pack('V109', 0, ($free) x 108) . pack('V128', $fat, $end, ($free) x 126)
		. entry('Root Entry', 5, 1) . entry($storage, 1, $free) . entry('', 0, $free) x 2;
}

sub entry {
	my ($name, $type, $child) = @_;
	my $wide = join '', map { "$_\0" } split //, $name;

	return pack 'a64 v C C V V V x36 V V x4', $wide, $name eq '' ? 0 : length($wide) + 2, $type, 1, 0xffffffff, 0xffffffff, $child, 0xfffffffe, 0;
}
