/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives other than ZIP, disk images and compressed files: what is in them is found, or it is said that it was not looked for. */
#include "t/unit/rows.h"

#include <zlib.h>

#include "t/lib/skip.h"
#include "t/unit/archive_bench.h"
#include "t/unit/made_by.h"

#define ENCRYPTED (1u << MARK_ENCRYPTED)
#define UNREADABLE (1u << MARK_UNREADABLE)

/* What real programs write; see made_by.h. */
static const struct program {
	const char *name, *program, *command;
	const char *file;	/* what the attachment is called */
	unsigned marks;
	bool no_evil, is_ambiguous;
} programs[] = {
	{ "tar_gnu", "tar", "tar -H gnu -cf $OUT .", "a.tar", 0, false, false },
	{ "tar_pax", "tar", "tar -H pax -cf $OUT .", "a.tar", 0, false, false },
	{ "tar_ustar", "tar", "tar -H ustar -cf $OUT .", "a.tar", 0, false, false },
	{ "tar_v7", "tar", "tar -H v7 -cf $OUT .", "a.tar", 0, false, false },
	{ "tar_sparse", "tar", "truncate -s 300M holes && cat evil.com >>holes && tar -S -cf $OUT holes evil.com", "a.tar", 0, false, false },
	{ "tar_from_python", "python3", "python3 -m tarfile -c $OUT evil.com letter.txt sub", "a.tar", 0, false, false },
	{ "tar_goes_on_behind_its_end_ATT_01", "tar", "tar -cf $OUT letter.txt && tar -cf second evil.com && cat second >>$OUT", "a.tar", 0, false, true },
	{ "tar_cut_short", "tar", "tar -cf whole evil.com sub && head -c 8000 whole >$OUT", "a.tar", UNREADABLE, false, false },
	{ "tgz", "tar", "tar -czf $OUT .", "a.tgz", 0, false, false },
	{ "tar_bz2", "bzip2", "tar -cjf $OUT .", "a.tar.bz2", 0, false, false },
	{ "tar_xz", "xz", "tar -cJf $OUT .", "a.tar.xz", 0, false, false },
	{ "tar_zst", "zstd", "tar --zstd -cf $OUT .", "a.tar.zst", 0, false, false },
	{ "tar_lz4", "lz4", "tar -cf - . | lz4 -q >$OUT", "a.tar.lz4", 0, false, false },
	{ "tar_compress", "compress", "tar -cf - . | compress -c >$OUT", "a.tar.Z", 0, false, false },
	{ "gzip", "gzip", "gzip -c evil.com >$OUT", "evil.com.gz", 0, false, false },
	{ "gzip_without_name", "gzip", "gzip -nc evil.com >$OUT", "evil.com.gz", 0, false, false },
	{ "gzip_two_members", "gzip", "gzip -c evil.com >$OUT && gzip -c letter.txt >>$OUT", "evil.com.gz", 0, false, false },
	{ "gzip_padded", "gzip", "gzip -c evil.com >$OUT && head -c 512 /dev/zero >>$OUT", "evil.com.gz", 0, false, false },
	{ "gzip_with_something_behind_it_ATT_01", "gzip", "gzip -c letter.txt >$OUT && cat evil.com >>$OUT", "a.gz", 0, false, true },
	{ "gzip_cut_short", "gzip", "gzip -c sub/noise.bin | head -c 5000 >$OUT", "a.gz", UNREADABLE, true, false },
	{ "gzip_with_a_wrong_checksum", "gzip", "gzip -c evil.com >a && head -c -8 a >$OUT && printf 12345678 >>$OUT", "a.gz", UNREADABLE, false, false },
	{ "bzip2", "bzip2", "bzip2 -c evil.com >$OUT", "evil.com.bz2", 0, false, false },
	{ "bzip2_with_something_behind_it_ATT_01", "bzip2", "bzip2 -c letter.txt >$OUT && cat evil.com >>$OUT", "a.bz2", 0, false, true },
	{ "bzip2_cut_short", "bzip2", "bzip2 -c sub/noise.bin | head -c 5000 >$OUT", "a.bz2", UNREADABLE, true, false },
	{ "xz", "xz", "xz -c evil.com >$OUT", "evil.com.xz", 0, false, false },
	{ "xz_two_streams", "xz", "xz -c letter.txt >$OUT && xz -c evil.com >>$OUT", "a.xz", 0, true, false },
	{ "xz_cut_short", "xz", "xz -c sub/noise.bin | head -c 5000 >$OUT", "a.xz", UNREADABLE, true, false },
	{ "lzma", "xz", "xz --format=lzma -c evil.com >$OUT", "evil.com.lzma", 0, false, false },
	{ "zstd", "zstd", "zstd -qc evil.com >$OUT", "evil.com.zst", 0, false, false },
	{ "zstd_two_frames", "zstd", "zstd -qc letter.txt >$OUT && zstd -qc evil.com >>$OUT", "a.zst", 0, true, false },
	{ "lz4", "lz4", "lz4 -qc evil.com >$OUT", "evil.com.lz4", 0, false, false },
	{ "7z", "7z", "7z a -bd -t7z $OUT .", "a.7z", 0, false, false },
	{ "7z_ppmd", "7z", "7z a -bd -t7z -mm=PPMd $OUT .", "a.7z", 0, false, false },
	{ "7z_stored", "7z", "7z a -bd -t7z -mx=0 $OUT .", "a.7z", 0, false, false },
	{ "7z_encrypted_ATT_03", "7z", "7z a -bd -t7z -psecret $OUT evil.com letter.txt", "a.7z", ENCRYPTED, true, false },
	{ "7z_encrypted_names_ATT_03", "7z", "7z a -bd -t7z -psecret -mhe=on $OUT evil.com letter.txt", "a.7z", ENCRYPTED, true, false },
	{ "7z_volume_ATT_05", "7z", "7z a -bd -t7z -v8k $OUT sub && mv $OUT.7z.001 $OUT", "a.7z.001", UNREADABLE, true, false },
	{ "7z_fifo_with_bytes", "7z", "7z a -bd -si $OUT <evil.com; cat evil.com | 7z a -bd -sipipe.com $OUT", "a.7z", 0, false, false },
	{ "7z_link_with_bytes", "7z", "ln -s \"$EVIL\" link && 7z a -bd -snl $OUT link", "a.7z", 0, false, false },
	{ "cab", "gcab", "gcab -c $OUT evil.com letter.txt sub/noise.bin", "a.cab", 0, false, false },
	{ "cab_compressed", "gcab", "gcab -c -z $OUT evil.com letter.txt", "a.cab", 0, false, false },
	{ "cpio_newc", "cpio", "find . | cpio -o -H newc >$OUT", "a.cpio", 0, false, false },
	{ "cpio_odc", "cpio", "find . | cpio -o -H odc >$OUT", "a.cpio", 0, false, false },
	{ "cpio_binary", "cpio", "find . | cpio -o -H bin >$OUT", "a.cpio", 0, false, false },
	{ "ar", "ar", "ar r $OUT evil.com letter.txt", "a.a", 0, false, false },
	{ "deb", "dpkg-deb", "mkdir -p p/DEBIAN && cp evil.com p && printf 'Package: a\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@a.example>\\n"
	  "Description: a\\n' >p/DEBIAN/control && dpkg-deb --build p $OUT", "a.deb", 0, false, false },
	{ "iso_joliet_and_rock_ridge", "xorriso", "xorriso -as mkisofs -quiet -J -r -o $OUT .", "a.iso", 0, false, false },
	{ "iso_plain", "xorriso", "xorriso -as mkisofs -quiet -o $OUT .", "a.iso", 0, false, false },
	{ "iso_with_udf_ATT_05", "genisoimage", "genisoimage -quiet -udf -o $OUT .", "a.iso", UNREADABLE, false, false },
	{ "udf_ATT_05", "mkudffs", "truncate -s 2M $OUT && mkudffs $OUT", "a.img", UNREADABLE, true, false },
	{ "fat_image_ATT_05", "mkfs.vfat", "truncate -s 2M $OUT && mkfs.vfat $OUT", "a.img", UNREADABLE, true, false },
};

static void check_program(void **state)
{
	const struct program *row = *state;
	struct bench bench;
	struct str made = STR("");

	bench_start(&bench);
	if (!made_by(bench.arena, row->program, row->command, &made)) {
		bench_end(&bench);
		SKIP(row->program);
	}
	bench.limits.ratio = 100000;	/* yes(1) compresses well */
	bench_look(&bench, made, row->file);
	assert_int_equal(bench_is_ambiguous(&bench, AMBIGUITY_ARCHIVE), row->is_ambiguous);
	assert_int_equal(bench_marks(&bench), row->marks);
	assert_int_equal(bench.evil > 0, !row->no_evil);
	assert_int_equal(bench.inventory.limits & ~(strcmp(row->name, "tar_sparse") == 0 ? 1u << UNPACK_SIZE : 0), 0);
	bench_end(&bench);
}

/* Archives by hand, of kinds that no free program writes. */
struct file {
	unsigned char p[4096];
	size_t len;
};

static void put(struct file *file, const void *bytes, size_t len)
{
	memcpy(file->p + file->len, bytes, len);
	file->len += len;
}

static void put_number(struct file *file, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		file->p[file->len++] = (unsigned char)(number >> 8 * i);
}

static uint32_t crc_of(const unsigned char *p, size_t len)
{
	return (uint32_t)crc32(0, p, (unsigned)len);
}

static const struct str evil = { BENCH_EVIL, sizeof(BENCH_EVIL) - 1 };

/* A block of RAR 4: the checksum goes over what follows it. */
static void rar4_block(struct file *file, unsigned type, unsigned flags, const void *body, size_t len)
{
	size_t start = file->len;

	put_number(file, 0, 2);
	put_number(file, type, 1);
	put_number(file, flags, 2);
	put_number(file, 7 + len, 2);
	put(file, body, len);
	file->len = start;
	put_number(file, crc_of(file->p + start + 2, 5 + len) & 0xffff, 2);
	file->len = start + 7 + len;
}

static void rar4(struct file *file, unsigned flags, unsigned file_flags)
{
	struct file body = { .len = 0 };

	put(file, "Rar!\x1a\x07", 7);
	rar4_block(file, 0x73, flags, "\0\0\0\0\0\0", 6);
	put_number(&body, evil.len, 4);
	put_number(&body, evil.len, 4);
	put_number(&body, 2, 1);
	put_number(&body, crc_of((const unsigned char *)evil.p, evil.len), 4);
	put_number(&body, 0x58215821, 4);
	put_number(&body, 20, 1);
	put_number(&body, 0x30, 1);	/* stored */
	put_number(&body, 8, 2);
	put_number(&body, 0x20, 4);
	put(&body, "evil.com", 8);
	rar4_block(file, 0x74, 0x8000 | file_flags, body.p, body.len);
	put(file, evil.p, evil.len);
	rar4_block(file, 0x7b, 0x4000, "", 0);
}

static void rar4_stored(struct file *file)
{
	rar4(file, 0, 0);
}

static void rar4_volume(struct file *file)
{
	rar4(file, 1, 0);
}

static void rar4_encrypted(struct file *file)
{
	rar4(file, 0, 4);
}

static void rar4_encrypted_names(struct file *file)
{
	rar4(file, 0x80, 0);
}

static void rar5_block(struct file *file, const void *body, size_t len)
{
	unsigned char sized[300] = { (unsigned char)len };

	memcpy(sized + 1, body, len);
	put_number(file, crc_of(sized, len + 1), 4);
	put(file, sized, len + 1);
}

static void rar5(struct file *file, unsigned flags)
{
	struct file body = { .len = 0 };

	put(file, "Rar!\x1a\x07\x01", 8);
	put_number(&body, 1, 1);
	put_number(&body, 0, 1);
	put_number(&body, flags, 1);
	if ((flags & 2) != 0)
		put_number(&body, 1, 1);
	rar5_block(file, body.p, body.len);
	body.len = 0;
	put(&body, "\2\2", 2);			/* a file, with data */
	put_number(&body, evil.len, 1);
	put(&body, "\4", 1);			/* with a checksum */
	put_number(&body, evil.len, 1);
	put(&body, "\x20", 1);
	put_number(&body, crc_of((const unsigned char *)evil.p, evil.len), 4);
	put(&body, "\0\0\x08" "evil.com", 11);
	rar5_block(file, body.p, body.len);
	put(file, evil.p, evil.len);
	rar5_block(file, "\5\0\0", 3);
}

static void rar5_stored(struct file *file)
{
	rar5(file, 0);
}

static void rar5_volume(struct file *file)
{
	rar5(file, 1);
}

static void rar5_encrypted_names(struct file *file)
{
	put(file, "Rar!\x1a\x07\x01", 8);
	rar5_block(file, "\4\0\0\0\x0f" "saltsaltsaltsalt", 21);
	put(file, "nobody can read this without the key", 36);
}

/* CRC-16 as ARC has it. */
static unsigned crc16_of(struct str bytes)
{
	unsigned crc = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= (unsigned char)bytes.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return crc;
}

static void lha_stored(struct file *file)
{
	size_t start = file->len;
	unsigned sum = 0;

	put(file, "\0\0-lh0-", 7);
	put_number(file, evil.len, 4);
	put_number(file, evil.len, 4);
	put_number(file, 0x58215821, 4);
	put(file, "\x20\0\x08" "evil.com", 11);
	put_number(file, crc16_of(evil), 2);
	for (size_t i = start + 2; i < file->len; i++)
		sum += file->p[i];
	file->p[start] = (unsigned char)(file->len - start - 2);
	file->p[start + 1] = (unsigned char)sum;
	put(file, evil.p, evil.len);
	put(file, "", 1);
}

static void gzip_start(struct file *file, unsigned flags)
{
	put(file, "\x1f\x8b\x08", 3);
	put_number(file, flags, 1);
	put(file, "\0\0\0\0\0\3", 6);
}

static void gzip_data(struct file *file, struct str data)
{
	put_number(file, 1, 1);
	put_number(file, data.len, 2);
	put_number(file, ~data.len, 2);
	put(file, data.p, data.len);
	put_number(file, crc_of((const unsigned char *)data.p, data.len), 4);
	put_number(file, data.len, 4);
}

static void gzip_all_fields(struct file *file)
{
	gzip_start(file, 4 | 8 | 16 | 2);
	put(file, "\3\0abc" "inner.exe\0" "a comment\0" "cc", 5 + 10 + 10 + 2);
	gzip_data(file, evil);
}

static void gzip_open_name(struct file *file)
{
	gzip_start(file, 8);
	put(file, "a name that does not end, and so nobody knows where the data begin", 60);
}

static void gzip_empty(struct file *file)
{
	gzip_start(file, 0);
	gzip_data(file, STR(""));
}

static void gzip_evil_second(struct file *file)
{
	gzip_start(file, 0);
	gzip_data(file, STR(""));
	gzip_start(file, 0);
	gzip_data(file, evil);
}

static void ace(struct file *file)
{
	put(file, "\x12\x34\x31\0\0\0\x90**ACE**\x14\x14\2\0", 18);
	put(file, "something that nobody here reads", 32);
}

static void arj(struct file *file)
{
	put(file, "\x60\xea\x2c\0\x22\x0b\1\2\x10\0\2\0", 12);
	put(file, "something that nobody here reads, but that has a name in it", 59);
}

static void zoo(struct file *file)
{
	put(file, "ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd\x2a\0\0\0\xd6\xff\xff\xff\2\0", 34);
}

/* A stream of compress(1) that ends behind its head: libarchive dies of it when it is told the filter. */
static void compress_head(struct file *file)
{
	put(file, "\x1f\x9d\n", 3);
}

/* Found by fuzzing: libarchive goes on behind a broken member. */
static void cab_broken(struct file *file)
{
	put(file, "MSCF\000\000\000\000[\000\000\000\000\000\000\020,\000\000\000\000\000\000\000\003\001\001\000\001\000"
		"\000\000\000\000\000\000B\000\000\000\367\377\000\000\021\000\000\000\000\000\000\000\000\000v]M\022 "
		"\000a.txt\000}L\302E\021\000\021\000hello heWEBPVP8\000hello", 95);
}

/* Likewise: the signature of RAR 1.4, which libarchive does not open. */
static void rar1(struct file *file)
{
	put(file, "RE~^SM\215\0\0\0\0\n\n\n\nG\0\0\0\0\0Thd\0\0\0\6\0", 28);
}

static void noise(struct file *file)
{
	for (unsigned i = 0, x = 12345; i < 500; i++, x = x * 1103515245 + 12345)
		put_number(file, x >> 16 & 0xff, 1);
}

static void text(struct file *file)
{
	put(file, "this is no archive, whatever it is called\n", 42);
}

static const struct by_hand {
	const char *name;
	void (*make)(struct file *file);
	const char *file;
	unsigned marks;
	bool no_evil;
	const char *extension;	/* that is seen; NULL: none in particular */
} by_hand[] = {
	{ "rar4", rar4_stored, "a.rar", 0, false, "com" },
	{ "rar4_volume_ATT_05", rar4_volume, "a.rar", UNREADABLE, false, NULL },
	{ "rar4_encrypted_ATT_03", rar4_encrypted, "a.rar", ENCRYPTED, true, "com" },
	{ "rar4_encrypted_names_ATT_03", rar4_encrypted_names, "a.rar", ENCRYPTED, true, NULL },
	{ "rar5", rar5_stored, "a.rar", 0, false, "com" },
	{ "rar5_volume_ATT_05", rar5_volume, "a.part1.rar", UNREADABLE, false, NULL },
	{ "rar5_encrypted_names_ATT_03", rar5_encrypted_names, "a.rar", ENCRYPTED, true, NULL },
	{ "lha", lha_stored, "a.lzh", 0, false, "com" },
	{ "gzip_all_fields", gzip_all_fields, "a.gz", 0, false, "exe" },
	{ "gzip_open_name", gzip_open_name, "a.gz", UNREADABLE, true, NULL },
	{ "gzip_empty", gzip_empty, "a.gz", 0, true, NULL },
	{ "gzip_evil_second", gzip_evil_second, "a.gz", 0, false, NULL },
	{ "ace_ATT_05", ace, "a.ace", UNREADABLE, true, NULL },
	{ "arj_ATT_05", arj, "a.arj", UNREADABLE, true, NULL },
	{ "zoo_ATT_05", zoo, "a.zoo", UNREADABLE, true, NULL },
	{ "compress_head_ATT_16", compress_head, "a.Z", 0, true, NULL },
	{ "cab_broken_ATT_16", cab_broken, "a.bin", UNREADABLE, true, "txt" },
	{ "rar1_ATT_16", rar1, "a.bin", UNREADABLE, true, NULL },
	{ "noise_called_7z_ATT_05", noise, "a.7z", UNREADABLE, true, NULL },
	{ "noise_called_gz_ATT_05", noise, "a.gz", UNREADABLE, true, NULL },
	{ "noise_called_zip_ATT_05", noise, "a.zip", UNREADABLE, true, NULL },
	{ "noise_called_bin", noise, "a.bin", 0, true, NULL },
	{ "text_called_zip", text, "a.zip", 0, true, NULL },
	{ "text_called_7z", text, "a.7z", 0, true, NULL },
	{ "name_inside_gz_NAME_07", gzip_empty, "x.exe.gz", 0, true, "exe" },
	{ "name_inside_svgz_NAME_07", gzip_empty, "x.svgz", 0, true, "svg" },
	{ "name_inside_tgz_NAME_07", gzip_empty, "x.TGZ", 0, true, "tar" },
	{ "name_inside_encoded_NAME_03", gzip_empty, "=?utf-8?B?eC5leGUuZ3o=?=", 0, true, "exe" },
};

static void check_by_hand(void **state)
{
	const struct by_hand *row = *state;
	struct file file = { .len = 0 };
	struct bench bench;

	bench_start(&bench);
	row->make(&file);
	bench_look(&bench, (struct str){ (char *)file.p, file.len }, row->file);
	assert_int_equal(bench_marks(&bench), row->marks);
	assert_int_equal(bench.evil > 0, !row->no_evil);
	assert_int_equal(bench.inventory.limits, 0);
	assert_false(bench_is_ambiguous(&bench, AMBIGUITY_ARCHIVE));
	if (row->extension != NULL)
		assert_true(bench_has_extension(&bench, row->extension));
	bench_end(&bench);
}

/* Bombs: a limit is noted before much has been done. */
static const struct bomb {
	const char *name, *program, *command, *file;
	unsigned limits;	/* one of them */
} bombs[] = {
	{ "bomb_gzip_ATT_04", "gzip", "head -c 500M /dev/zero | gzip -c >$OUT", "a.gz", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_gzip_twice_ATT_04", "gzip", "head -c 500M /dev/zero | gzip -c | gzip -c >$OUT", "a.gz.gz", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_bzip2_ATT_04", "bzip2", "head -c 500M /dev/zero | bzip2 -c >$OUT", "a.bz2", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_xz_ATT_04", "xz", "head -c 500M /dev/zero | xz -0c >$OUT", "a.xz", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_zstd_ATT_04", "zstd", "head -c 500M /dev/zero | zstd -qc >$OUT", "a.zst", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_7z_ATT_04", "7z", "head -c 500M /dev/zero | 7z a -bd -mx=1 -si $OUT", "a.7z", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_sparse_tar_ATT_04", "tar", "truncate -s 100G holes && tar -S -cf $OUT holes", "a.tar", 1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
	{ "bomb_many_members_ATT_04", "tar", "seq 12000 | xargs touch && tar -cf $OUT .", "a.tar", 1u << UNPACK_MEMBERS },
	{ "bomb_nested_gzip_ATT_04", "gzip", "cp evil.com a; for i in $(seq 40); do gzip -c a >b; mv b a; done; mv a $OUT", "a.gz", 1u << UNPACK_DEPTH },
	{ "bomb_nested_tar_ATT_04", "tar", "cp evil.com a; for i in $(seq 40); do tar -cf b a; mv b a; done; mv a $OUT", "a.tar", 1u << UNPACK_DEPTH },
	{ "bomb_of_zips_ATT_04", "zip", "head -c 40M /dev/zero >zeros; zip -q a0.zip zeros; for i in 1 2 3 4 5; do rm -f c?.zip; for j in 0 1 2 3 4 5 6 7; do"
	  " head -c $((i * 10 + j)) /dev/urandom >salt; zip -q -n : c$j.zip salt a$((i - 1)).zip; done; zip -q -n : a$i.zip c?.zip; done; mv a5.zip $OUT", "a.zip",
	  1u << UNPACK_SIZE | 1u << UNPACK_RATIO },
};

static void check_bomb(void **state)
{
	const struct bomb *row = *state;
	struct bench bench;
	struct str made = STR("");

	bench_start(&bench);
	if (!made_by(bench.arena, row->program, row->command, &made)) {
		bench_end(&bench);
		SKIP(row->program);
	}
	bench_look(&bench, made, row->file);
	assert_true((bench.inventory.limits & row->limits) != 0);
	assert_int_equal(bench.inventory.limits & 1u << UNPACK_TIME, 0);
	assert_true(bench.inventory.bytes <= bench.limits.decoded_bytes);
	bench_end(&bench);
}

int main(void)
{
	static struct rows rows;

	rows_add(&rows, programs, check_program);
	rows_add(&rows, by_hand, check_by_hand);
	rows_add(&rows, bombs, check_bomb);
	return rows_run(&rows, "archive");
}
