// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Openings, Ruling, Vectors} from "../interfaces/ITensorJudge.sol";

/// @notice A judge whose rulings a test sets; everything that it was not told of is right. Headers are read for real.
contract JudgeStub {
    error JudgeStubNoOperand(uint256 k);

    mapping(uint256 element => Ruling) private _rulings;
    mapping(uint256 k => uint256 bitsAndOne) private _operands;
    mapping(bytes32 instructionHash => uint8) private _malformations;

    function setRuling(uint256 element, Ruling calldata ruling) external {
        _rulings[element] = ruling;
    }

    function setOperand(uint256 k, uint32 bits) external {
        _operands[k] = uint256(bits) + 1;
    }

    function setMalformation(bytes calldata instruction, uint8 reason) external {
        _malformations[keccak256(instruction)] = reason;
    }

    function judge(
        bytes calldata,
        Vectors calldata,
        uint256 element,
        Openings calldata
    ) external view returns (Ruling memory) {
        return _rulings[element];
    }

    function operandAt(
        bytes calldata,
        Vectors calldata,
        uint256,
        uint256,
        uint256 k,
        Openings calldata
    ) external view returns (uint32) {
        if (_operands[k] == 0) revert JudgeStubNoOperand(k);
        return uint32(_operands[k] - 1);
    }

    function malformation(bytes calldata instruction, uint256, uint256) external view returns (uint8) {
        return _malformations[keccak256(instruction)];
    }

    function header(bytes calldata instruction) external pure returns (uint256 start, uint256 size) {
        start = uint40(bytes5(instruction[3:8]));
        size = 1;
        uint256 dimensions = uint8(instruction[17]);
        for (uint256 i = 0; i < dimensions; ++i) size *= uint32(bytes4(instruction[18 + 4 * i:22 + 4 * i]));
    }
}
