# Adds to the base image what most projects call. The list is a file beside this script, one Debian package a line; uv and
# Node come from the Python index.
set -e
cd "$(dirname "$0")"
[ -e environment ] && . ./environment

export DEBIAN_FRONTEND=noninteractive HOME=/tmp/install
mkdir -p "$HOME"
echo "workbench: apt"
apt-get update
tr '\n' '\0' < tools.txt | xargs -0 apt-get install -y --no-install-recommends
echo "workbench: pip"
pip install --break-system-packages --no-cache-dir --root-user-action=ignore uv
sh ./node.sh
node --version; npm --version; uv --version
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /tmp/install
