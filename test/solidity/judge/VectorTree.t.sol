// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VectorTree} from "../../../contracts/judge/VectorTree.sol";
import {JsonObject, JsonReader} from "../support/JsonReader.sol";
import {NaiveVectorTree} from "../support/NaiveVectorTree.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls the library the way contracts do: with other calldata after the vector, and with dirty free memory.
contract VectorTreeHarness {
    function rootOf(bytes calldata vector, bytes calldata /* after */) external pure returns (bytes32) {
        _dirtyFreeMemory();
        return VectorTree.rootOf(vector);
    }

    function rootOfMemory(bytes memory vector) external pure returns (bytes32) {
        _dirtyFreeMemory();
        return VectorTree.rootOfMemory(vector);
    }

    /// @notice Roots twice and compares everything allocated before and after: the library must not touch it.
    function keepsMemory(bytes memory vector) external pure returns (bool) {
        bytes memory before = bytes.concat(vector);
        bytes32 first = VectorTree.rootOfMemory(vector);
        bytes memory later = new bytes(64);
        bytes32 second = VectorTree.rootOfMemory(vector);
        return
            first == second && keccak256(before) == keccak256(vector) && keccak256(later) == keccak256(new bytes(64));
    }

    function lengthOf(uint256 byteLength) external pure returns (uint256) {
        return VectorTree.lengthOf(byteLength);
    }

    function gasOf(bytes calldata vector) external view returns (uint256) {
        uint256 before = gasleft();
        bytes32 root = VectorTree.rootOf(vector);
        uint256 rest = gasleft();
        // the root is used, so that it cannot be optimised away
        return root == 0 ? 0 : before - rest;
    }

    /// @notice Gas of one comparison and one shift: tells an optimised build from one instrumented for coverage.
    function gasOfLength(uint256 byteLength) external view returns (uint256) {
        uint256 before = gasleft();
        uint256 elements = VectorTree.lengthOf(byteLength);
        uint256 rest = gasleft();
        return elements == 0 ? 0 : before - rest;
    }

    function _dirtyFreeMemory() private pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, 0x2000) {
                i := add(i, 0x20)
            } {
                mstore(add(free, i), not(0))
            }
        }
    }
}

contract VectorTreeTest is Test {
    bytes private constant DIRT = hex"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    VectorTreeHarness private immutable tree = new VectorTreeHarness();

    function test_RootsOfSharedVectors() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/vectors.json", "$");
        uint256 count = cases.count();
        assertGe(count, 20, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            bytes memory vector = entry.data("bytes");
            uint256 length = entry.integer("length");
            string memory name = string.concat("root of ", vm.toString(length), " elements");
            assertEq(tree.lengthOf(vector.length), length, "elements");
            assertEq(tree.rootOf(vector, DIRT), entry.word("root"), name);
            assertEq(tree.rootOfMemory(vector), entry.word("root"), name);
        }
    }

    function test_EveryLengthUpTo4KiBAgreesWithTheDefinition() public view {
        for (uint256 length = 0; length <= 1024; length += length < 140 ? 1 : 13) _agrees(_vector(length, length));
    }

    function testFuzz_AgreesWithTheDefinition(uint256 seed, uint256 length) public view {
        _agrees(_vector(bound(length, 0, 1500), seed));
    }

    function testFuzz_ZerosAtTheEndAreNotPadding(uint256 seed, uint256 length, uint256 more) public view {
        bytes memory vector = _vector(bound(length, 0, 300), seed);
        bytes memory longer = bytes.concat(vector, new bytes(4 * bound(more, 1, 300)));
        assertNotEq(tree.rootOf(vector, DIRT), tree.rootOf(longer, DIRT), "roots");
    }

    function testFuzz_EveryBitCounts(uint256 seed, uint256 length, uint256 bit) public view {
        bytes memory vector = _vector(bound(length, 1, 300), seed);
        bytes32 root = tree.rootOf(vector, DIRT);
        bit = bound(bit, 0, vector.length * 8 - 1);
        vector[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertNotEq(tree.rootOf(vector, DIRT), root, "roots");
    }

    function testFuzz_LeavesAllocatedMemoryAlone(uint256 seed, uint256 length) public view {
        assertTrue(tree.keepsMemory(_vector(bound(length, 0, 600), seed)), "memory changed");
    }

    function testFuzz_RevertsWhenNoMultipleOf4(uint256 length, uint256 rest) public {
        bytes memory vector = new bytes(4 * bound(length, 0, 300) + bound(rest, 1, 3));
        bytes memory refusal = abi.encodeWithSelector(VectorTree.VectorTreeLength.selector, vector.length);
        vm.expectRevert(refusal);
        tree.rootOf(vector, DIRT);
        vm.expectRevert(refusal);
        tree.rootOfMemory(vector);
    }

    function test_GasStaysWithinItsTargets() public {
        vm.skip(tree.gasOfLength(4) > 150);
        assertLe(tree.gasOf(_vector(10, 1)), 600, "gas of 40 bytes");
        assertLe(tree.gasOf(_vector(256, 1)), 2_500, "gas of 1 KiB");
        assertLe(tree.gasOf(_vector(1024, 1)), 8_000, "gas of 4 KiB");
    }

    function _agrees(bytes memory vector) private view {
        bytes32 expected = NaiveVectorTree.rootOf(vector);
        string memory name = string.concat("root of ", vm.toString(vector.length), " bytes");
        assertEq(tree.rootOf(vector, DIRT), expected, name);
        assertEq(tree.rootOfMemory(vector), expected, name);
    }

    /// @dev `length` elements of noise.
    function _vector(uint256 length, uint256 seed) private pure returns (bytes memory vector) {
        vector = new bytes(4 * length);
        for (uint256 i = 0; i < vector.length; i++) {
            if (i % 32 == 0) seed = uint256(keccak256(abi.encode(seed)));
            vector[i] = bytes1(uint8(seed >> (8 * (i % 32))));
        }
    }
}
