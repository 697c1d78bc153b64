# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed beside the program and its man pages, and what a distribution takes along. Makefile.am includes it.
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
completiondir = $(datadir)/bash-completion/completions
examplesdir = $(docdir)/examples

dist_doc_DATA = README NEWS HACKING LICENSE
dist_examples_DATA = conf/milter.conf.sample contrib/milter.conf.gateway contrib/milter.conf.internal
dist_completion_DATA = contrib/completion/octroi
dist_unit_DATA = contrib/octroi.socket
EXTRA_DIST += doc .clang-tidy

# Directories whose files go below $(examplesdir) as they are; a program stays one.
example_directories = apparmor logcheck nftables postfix sendmail

# sysusers.d(5) and tmpfiles.d(5) want the name octroi.conf; the unit says where the program is.
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(unitdir)" "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)"
	sed -e 's,/usr/sbin/octroi,$(sbindir)/octroi,g' -e 's,/etc/octroi,$(sysconfdir)/octroi,g' $(srcdir)/contrib/octroi.service \
		>"$(DESTDIR)$(unitdir)/octroi.service"
	$(INSTALL_DATA) $(srcdir)/contrib/octroi.sysusers "$(DESTDIR)$(sysusersdir)/octroi.conf"
	$(INSTALL_DATA) $(srcdir)/contrib/octroi.tmpfiles "$(DESTDIR)$(tmpfilesdir)/octroi.conf"
	cd $(srcdir)/doc && for file in *; do \
		test ! -f "$$file" || $(INSTALL) -D -m 0644 "$$file" "$(DESTDIR)$(docdir)/$$file" || exit 1; \
	done
	cd $(srcdir)/contrib && for file in `find $(example_directories) -type f ! -name '*~' 2>/dev/null`; do \
		if test -x "$$file"; then mode=0755; else mode=0644; fi; \
		$(INSTALL) -D -m $$mode "$$file" "$(DESTDIR)$(examplesdir)/$$file" || exit 1; \
	done

uninstall-local:
	rm -f "$(DESTDIR)$(unitdir)/octroi.service" "$(DESTDIR)$(sysusersdir)/octroi.conf" "$(DESTDIR)$(tmpfilesdir)/octroi.conf"
	cd $(srcdir)/doc && for file in *; do rm -f "$(DESTDIR)$(docdir)/$$file"; done
	cd $(srcdir)/contrib && for directory in $(example_directories); do rm -rf "$(DESTDIR)$(examplesdir)/$$directory"; done

# EXTRA_DIST's directories are taken from where it is built, too: what was built there stays behind.
dist-hook:
	rm -rf "$(distdir)/t" && cp -R $(srcdir)/t "$(distdir)/t" && chmod -R u+w "$(distdir)/t"
	find "$(distdir)/t" "$(distdir)/contrib" \( -name '*.o' -o -name '*.a' -o -name .deps -o -name .dirstamp -o -name __pycache__ \) \
		-prune -exec rm -rf {} +
