# Installs an environment's packages into the image that is being built, in the order of the public API. The lists are
# files beside this script, one package a line; a manager that the base image lacks comes from the distribution first.
set -e
cd "$(dirname "$0")"
[ -e environment ] && . ./environment

listed() { [ -s "$1" ]; }
install() { apt-get install -y --no-install-recommends "$@"; }
each() { step=$1; shift; echo "workbench: $step"; tr '\n' '\0' < "$step" | xargs -0 "$@"; }

export DEBIAN_FRONTEND=noninteractive HOME=/tmp/install GOBIN=/usr/local/bin GOPATH=/tmp/install/go
# Java's packages link manual pages, and fail where the folder of those that are left out is missing.
mkdir -p "$HOME" /usr/share/man/man1
if listed apt || listed cargo || listed gem || listed go || listed npm; then
    echo "workbench: apt"
    apt-get update
fi
if listed apt; then each apt apt-get install -y --no-install-recommends; fi
if listed cargo; then install cargo gcc libc6-dev; each cargo cargo install --root /usr/local; fi
if listed gem; then install ruby ruby-dev gcc make libc6-dev; each gem gem install --no-document; fi
if listed go; then install golang-go; each go -n 1 go install; fi
if listed npm; then command -v npm > /dev/null || sh ./node.sh; each npm npm install --global --prefix=/usr/local --no-fund --no-audit; fi
if listed pip; then each pip pip install --break-system-packages --no-cache-dir --root-user-action=ignore; fi
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /tmp/install
