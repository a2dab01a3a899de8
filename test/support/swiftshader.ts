import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

// Where Debian's `chromium` package puts its Vulkan driver for the CPU; installed by `scripts/setup/swiftshader.sh`.
const driver = ['/usr/lib/chromium/vk_swiftshader_icd.json'].find(existsSync);
const loader = ['x86_64', 'aarch64'].some((arch) => existsSync(`/usr/lib/${arch}-linux-gnu/libvulkan.so.1`));

/** Variables that give a child a Vulkan device without a GPU, or undefined where it is not installed. */
export const swiftshader: Readonly<Record<string, string>> | undefined =
  driver && loader ? { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: tmpdir() } : undefined;
if (!swiftshader)
  console.info(
    'notice: SwiftShader is not installed (scripts/setup/swiftshader.sh); tests on the webgpu provider are skipped',
  );
