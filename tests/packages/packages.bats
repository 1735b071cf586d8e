#!/usr/bin/env bats
# The tarball and the packages: "make check-packages". Needs root, and the mirror
# that this machine's apt uses; PLACE is where the other system is kept, SYSTEMS
# are "here", "trixie" or both.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
for at in /usr/lib/bats /usr/share/bats /usr/lib; do
	[[ -e $at/bats-assert/load.bash ]] || continue
	load "$at/bats-support/load.bash"
	load "$at/bats-assert/load.bash"
	break
done

tests_dir=$BATS_TEST_DIRNAME
source=$(cd "$tests_dir/../.." && pwd)
dir=$BATS_FILE_TMPDIR

setup_file() {
	[[ $(id -u) -eq 0 ]] || skip "this needs root"
	mkdir -p "$dir/dist"
	(cd "$dir/dist" && "$source/configure" --quiet && make -s dist) \
		>"$dir/dist.log" 2>&1 || {
		cat "$dir/dist.log"
		return 1
	}
}

setup() {
	tarball=$(echo "$dir"/dist/hawser-*.tar.gz)
}

unpack() {
	mkdir -p "$1"
	tar xzf "$tarball" -C "$1" --strip-components=1
}

# in_system SYSTEM SHARED COMMAND...: in a copy of it that is thrown away.
in_system() {
	local root=/ name=$1

	shift
	[[ ${SYSTEMS:-here trixie} == *"$name"* ]] || skip "not asked for"
	if [[ $name == trixie ]]; then
		root=${PLACE:?}/root
		mkdir -p "$PLACE"
		[[ -d $root ]] || "$tests_dir/../lib/debian" "$root" apt
	fi
	"$tests_dir/../lib/throwaway" "$root" "$@"
}

# build_in SYSTEM: $dir/SYSTEM/out is what comes of it.
build_in() {
	mkdir -p "$dir/$1/out"
	cp "$tests_dir"/{autopkgtest,boot,build,common,live,try} "$tarball" "$dir/$1"
	in_system "$1" "$dir/$1" sh -c \
		'sh /shared/build /shared/hawser-*.tar.gz /shared/out' \
		>"$dir/$1/log" 2>&1 3>&- || {
		tail -n 50 "$dir/$1/log"
		return 1
	}
}

# succeeds SYSTEM SCRIPT: what it says is TAP.
succeeds() {
	run -0 in_system "$1" "$dir/$1" sh "/shared/$2" /shared/out/first 3>&-
	refute_output --partial 'not ok'
	assert_line --regexp '^1\.\.[0-9]+$'
}

same_bytes() {
	local file

	for file in "$1"/out/first/*.{deb,tar.xz}; do
		run -0 cmp "$file" "$1/out/second/${file##*/}"
	done
}

# --- the tarball ----------------------------------------------------------------

@test "the tarball is the same whoever makes it, and also from itself" {
	unpack "$dir/again"
	mkdir "$dir/build"
	(
		umask 077
		cd "$dir/build"
		export TZ=Asia/Kolkata LC_ALL=C
		"$dir/again/configure" --quiet
		make -s dist
	)
	run -0 cmp "$tarball" "$dir/build/${tarball##*/}"
}

@test "the tarball has every file that git has" {
	[[ -e $source/.git ]] || skip "not from git"
	run comm -13 <(tar tzf "$tarball" | sed 's,^[^/]*/,,' | sort) \
		<(git -C "$source" ls-files | sort)
	assert_output ".gitignore"
}

@test "the tarball builds and passes its tests without a network" {
	unpack "$dir/offline"
	cd "$dir/offline"
	unshare -n sh -c 'ip link set lo up; exec ./configure --quiet --enable-werror' 3>&-
	run unshare -n sh -c 'ip link set lo up; exec make -s -j2 check' 3>&-
	assert_success
	assert_output --partial '# FAIL:  0'
	# nothing of the Bats that runs this one
	run env -i HAWSER="$PWD/hawser" HOME="$HOME" PATH="${PATH#*/bats-core:}" \
		unshare -n sh -c 'ip link set lo up
			exec bats --tap tests/exec.bats tests/auth.bats' 3>&-
	assert_success
	refute_output --partial 'not ok'
}

# --- Debian -----------------------------------------------------------------------

@test "the .deb is the same twice, and lintian has nothing to say" {
	build_in here
	same_bytes "$dir/here"
	run cat "$dir/here/out/lintian"
	assert_output ""
}

@test "the .deb can be installed, used and removed" {
	succeeds here try
}

@test "the .deb has units that work" {
	succeeds here boot
}

@test "the .deb passes its own tests" {
	run -0 in_system here "$dir/here" sh /shared/autopkgtest /shared/out/first 3>&-
	assert_line --regexp ' PASS$'
	refute_line --regexp '^not ok'
}

@test "the .deb on Debian 13 is the same twice, and lintian has nothing to say" {
	build_in trixie
	same_bytes "$dir/trixie"
	run cat "$dir/trixie/out/lintian"
	assert_output ""
	# with what that system has
	run -0 dpkg-deb -f "$(echo "$dir"/trixie/out/first/hawser_*.deb)" Depends
	assert_output --partial libssh2-1
}

@test "the .deb on Debian 13 can be installed, used and removed" {
	succeeds trixie try
}

@test "the .deb on Debian 13 has units that work" {
	succeeds trixie boot
}

@test "the .deb on Debian 13 passes its own tests" {
	run -0 in_system trixie "$dir/trixie" sh /shared/autopkgtest /shared/out/first 3>&-
	assert_line --regexp ' PASS$'
	refute_line --regexp '^not ok'
}

# --- other systems ----------------------------------------------------------------

# As far as Debian's tools can tell.
@test "recipes for Fedora, Arch, Alpine and Homebrew are well-formed" {
	URL=https://example.org/hawser.tar.gz run -1 \
		"$source/packaging/recipes" "$tarball" "$dir/none"
	URL=https://example.org/0.1/${tarball##*/} \
		"$source/packaging/recipes" "$tarball" "$dir/recipes"
	cd "$dir/recipes"
	run -1 grep -r '@[A-Z0-9]*@' .
	run -0 bash -n PKGBUILD
	run -0 dash -n APKBUILD
	if command -v busybox; then
		run -0 busybox ash -n APKBUILD
		run -0 busybox ash -n hawser.pre-install
	fi
	run -0 shellcheck -s bash -e SC2034,SC2154 PKGBUILD
	run -0 shellcheck -s dash -e SC2034,SC2154 APKBUILD
	if command -v ruby; then
		run -0 ruby -c hawser.rb
	fi
	if command -v rpm; then
		run -0 rpm -q --specfile hawser.spec
	fi
	if command -v rpmlint; then
		run -0 rpmlint hawser.spec
		assert_output --partial ' 0 errors'
	fi
}

# What they call is what the tarball understands: Arch's package is built by its own
# tool, Alpine's package() is called, both with the libraries of this machine.
@test "recipes for Arch and Alpine install everything" {
	"$source/packaging/recipes" "$tarball" "$dir/recipes"
	cp "$tarball" "$tests_dir/makepkg" "$dir/recipes"
	run -0 --separate-stderr in_system here "$dir/recipes" \
		sh /shared/makepkg /shared 3>&-
	assert_line usr/bin/hawser
	assert_line --partial usr/share/man/man1/hawser.1
	assert_line usr/share/bash-completion/completions/hawser
	assert_line usr/share/licenses/hawser/LICENSE
	assert_line usr/lib/systemd/system/hawser@.service
	assert_line usr/lib/sysusers.d/hawser.conf
	cd "$dir/recipes/src"/hawser-*/
	run -0 dash -ec 'pkgdir=$PWD/../../alpine
		. ../../APKBUILD; build; package'
	assert [ -x ../../alpine/usr/bin/hawser ]
	run -1 grep -r /usr/local ../../alpine/etc/init.d/hawser
	assert [ -e ../../alpine/usr/share/man/man1/hawser.1 ]
	assert [ ! -e ../../alpine/usr/lib/systemd ]
}

@test "the recipe for Fedora builds, and names every file" {
	command -v rpmbuild || skip "no rpmbuild here"
	"$source/packaging/recipes" "$tarball" "$dir/fedora"
	mkdir -p "$dir/rpm/SOURCES"
	cp "$tarball" "$dir/rpm/SOURCES"
	# what Fedora's systemd-rpm-macros say
	run -0 rpmbuild -bb --nodeps --nocheck --define "_topdir $dir/rpm" \
		--define '_unitdir /usr/lib/systemd/system' \
		--define '_userunitdir /usr/lib/systemd/user' \
		--define '_sysusersdir /usr/lib/sysusers.d' \
		--define '_tmpfilesdir /usr/lib/tmpfiles.d' \
		--define 'systemd_preun() :' --define 'systemd_postun() :' \
		--define 'systemd_user_preun() :' \
		--define 'systemd_user_postun() :' \
		"$dir/fedora/hawser.spec"
	run -0 rpm -qlp "$dir"/rpm/RPMS/*/hawser-0*.rpm
	assert_line /usr/bin/hawser
	assert_line --partial /man1/hawser.1
	assert_line --partial /bash-completion/completions/hawser
}
