// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The vector root as its definition reads, recursive and wasteful: what `VectorTree` is compared with.
library NaiveVectorTree {
    uint256 private constant CHUNK = 256;

    function rootOf(bytes memory vector) internal pure returns (bytes32) {
        uint256 chunks = (vector.length + CHUNK - 1) / CHUNK;
        uint256 width = 1;
        while (width < chunks) width *= 2;
        return keccak256(abi.encodePacked(uint8(2), uint64(vector.length / 4), _subtree(vector, 0, width)));
    }

    /// @dev The hash over chunks [first, first + width).
    function _subtree(bytes memory vector, uint256 first, uint256 width) private pure returns (bytes32) {
        if (width == 1) return keccak256(abi.encodePacked(uint8(0), _chunk(vector, first)));
        bytes32 left = _subtree(vector, first, width / 2);
        bytes32 right = _subtree(vector, first + width / 2, width / 2);
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    function _chunk(bytes memory vector, uint256 index) private pure returns (bytes memory chunk) {
        chunk = new bytes(CHUNK);
        for (uint256 i = 0; i < CHUNK && index * CHUNK + i < vector.length; i++) chunk[i] = vector[index * CHUNK + i];
    }
}
