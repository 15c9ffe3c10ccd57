# HostSwap: see README.md. Everything that is built or run leaves its files below out/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

WITH_DOCKER := tests/lab/with-docker
DOTNET := dotnet
# Under this name make does not run it, and what stands beside it, when asked with -n.
SUBMAKE = $(MAKE) --no-print-directory
TEST_IMAGES := host:bookworm host:trixie guest database
RUNTIME := linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: prerequisites build ## The main job for real: five VMs, swapped from Debian 12 to Debian 13
	$(DOTNET) build --nologo -v quiet -p:RunAnalyzers=false tests/demo
	$(WITH_DOCKER) bash -c 'images/build && exec out/build/bin/HostSwap.Demo/debug/hostswap-demo'

.PHONY: demo-refresh
demo-refresh: prerequisites build ## An unattended refresh: a package gains a newer version, and out/demo/report.html tells what came of it
	$(DOTNET) build --nologo -v quiet -p:RunAnalyzers=false tests/demo
	$(WITH_DOCKER) bash -c 'images/build && exec out/build/bin/HostSwap.Demo/debug/hostswap-demo refresh'

.PHONY: test
test: prerequisites ## Unit tests, integration tests against real Docker, systemd, libvirt and QEMU, and a sample of the fault cases
	@# Images are fetched and unpacked while the compiler works. What goes wrong with them is told by tests/run, which needs them.
	@mkdir -p out
	$(WITH_DOCKER) images/build $(TEST_IMAGES) >out/images.log 2>&1 </dev/null & \
	trap "kill $$! 2>/dev/null || true; wait" EXIT; \
	$(SUBMAKE) lint build && tests/run

.PHONY: test-unit
test-unit: prerequisites ## Unit tests alone
	tests/run unit

.PHONY: test-faults
test-faults: prerequisites ## Every fault case and every kill point, against real Docker, systemd, libvirt and QEMU (over an hour)
	tests/run faults

.PHONY: bench
bench: prerequisites build ## Handover, copy and plain virsh side by side: table and out/bench/report.json (BENCH=quick in minutes)
	$(DOTNET) build --nologo -v quiet -p:RunAnalyzers=false tests/bench
	$(WITH_DOCKER) bash -c 'images/build && exec out/build/bin/HostSwap.Bench/debug/hostswap-bench'

.PHONY: images
images: prerequisites ## Host images for Debian 12 and 13, and the tiny guest (cached; FRESH=1 builds anew)
	$(WITH_DOCKER) images/build

.PHONY: build
build: prerequisites ## out/hostctl, one self-contained executable
	$(DOTNET) publish --nologo -v quiet -p:RunAnalyzers=false -c Release -r $(RUNTIME) hostctl -o out/publish
	install -m 0755 out/publish/hostctl out/hostctl

PREFIX := /usr
SYSCONFDIR := /etc
SHARE = $(DESTDIR)$(PREFIX)/share
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
# Where Debian's zsh looks: packages have a directory of their own.
ZSH_COMPLETIONS = $(SHARE)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
.PHONY: install
install: ## Install hostctl, its manual page, completions, units and configuration (PREFIX, DESTDIR)
	@test -x out/hostctl || { echo "install: run 'make build' first" >&2; exit 1; }
	install -D -m 0755 out/hostctl $(DESTDIR)$(PREFIX)/bin/hostctl
	install -D -m 0644 hostctl/packaging/hostctl.8 $(SHARE)/man/man8/hostctl.8
	gzip -9nf $(SHARE)/man/man8/hostctl.8
	install -D -m 0644 hostctl/packaging/hostctl.bash $(SHARE)/bash-completion/completions/hostctl
	install -D -m 0644 hostctl/packaging/hostctl.zsh $(ZSH_COMPLETIONS)/_hostctl
	install -D -m 0644 hostctl/packaging/hostctl.fish $(SHARE)/fish/vendor_completions.d/hostctl.fish
	install -d $(UNITS)
	install -m 0644 hostctl/packaging/*.service hostctl/packaging/*.timer $(UNITS)
	install -D -m 0644 hostctl/packaging/hostswap.toml $(SHARE)/doc/hostswap/hostswap.toml
	@# The recipe of host images, for 'hostctl image build'; guests are for tests.
	install -d $(SHARE)/hostswap/images
	cp -R --preserve=mode images/build images/base images/host $(SHARE)/hostswap/images
	chmod -R u=rwX,go=rX $(SHARE)/hostswap/images
	install -d $(SHARE)/doc/hostswap/examples
	cp -R --preserve=mode hostctl/packaging/image $(SHARE)/doc/hostswap/examples
	chmod -R u=rwX,go=rX $(SHARE)/doc/hostswap/examples
	install -m 0644 hostctl/packaging/grafana-dashboard.json hostctl/packaging/prometheus-alerts.yml $(SHARE)/doc/hostswap/examples
	@# It changes no default; one that is there is yours.
	test -e $(DESTDIR)$(SYSCONFDIR)/hostswap/hostswap.toml || \
		install -D -m 0644 hostctl/packaging/hostswap.toml $(DESTDIR)$(SYSCONFDIR)/hostswap/hostswap.toml

# What hostctl --version says, but for the commit.
DEB_VERSION = $(shell sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
DEB_OUT := out
.PHONY: deb
deb: build ## out/hostswap_VERSION_ARCH.deb, a Debian package of what `make install` installs
	@$(SUBMAKE) package

# The package of the hostctl that has been built.
.PHONY: package
package:
	@hostctl/packaging/debian/build $(DEB_VERSION) $(DEB_OUT)

.PHONY: lint
lint: prerequisites ## Builds everything with warnings as errors, checks formatting and the shell scripts
	$(DOTNET) build --nologo -v quiet HostSwap.slnx
	$(DOTNET) format whitespace --verify-no-changes --no-restore HostSwap.slnx
	shellcheck $$(git ls-files | xargs grep -lE '^#!/(usr/)?bin/(env )?(ba)?sh' | grep -v '\.md$$')

.PHONY: prerequisites
prerequisites:
	@tests/lab/prerequisites

.PHONY: clean
clean: ## Remove everything that was built, but for the Docker images
	rm -rf out
