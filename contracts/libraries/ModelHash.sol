// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelId, ModelSpec} from "../types/Model.sol";

/// @notice The id of a spec taken from where it lies in calldata.
library ModelHash {
    uint256 private constant HEAD_WORDS = 10;
    uint256 private constant INPUT_WORDS = 3;
    uint256 private constant OUTPUT_WORDS = 5;

    /// @notice `keccak256(abi.encode(spec))`, of a spec that lies in calldata the way encoders put it there.
    /// @dev Hashes as many bytes as the canonical encoding of so many inputs and outputs has. A spec that lies there otherwise has
    /// another hash; one with this hash has canonical offsets, so what is read through them is what was hashed.
    function idOf(ModelSpec calldata spec) internal pure returns (ModelId modelId) {
        uint256 words = HEAD_WORDS + 1 + INPUT_WORDS * spec.inputs.length + 1 + OUTPUT_WORDS * spec.outputs.length;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            let size := shl(5, words)
            mstore(buffer, 0x20)
            calldatacopy(add(buffer, 0x20), spec, size)
            modelId := keccak256(buffer, add(size, 0x20))
        }
    }
}
