// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelHash} from "../../../contracts/libraries/ModelHash.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "../../../contracts/types/Model.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls what reads calldata.
contract ModelHashHarness {
    function idOf(ModelSpec calldata spec) external pure returns (ModelId) {
        return ModelHash.idOf(spec);
    }
}

/// @notice The id of a spec in calldata is the hash of its encoding, however many inputs and outputs it has.
contract ModelHashTest is Test {
    ModelHashHarness private _harness;

    function setUp() public {
        _harness = new ModelHashHarness();
    }

    function testFuzz_I17_TheIdIsTheHashOfTheEncoding(
        bytes32[4] memory words,
        uint32[4] memory numbers,
        address publisher,
        uint8 inputs,
        uint8 outputs
    ) public view {
        ModelSpec memory spec = ModelSpec({
            semanticsVersion: numbers[0],
            planRoot: words[0],
            planLength: numbers[1],
            weightsRoot: words[1],
            traceLength: numbers[2],
            inputs: new InputSpec[](inputs % 5),
            outputs: new OutputSpec[](outputs % 5),
            onnxSha256: words[2],
            publisher: publisher,
            publisherFeeBps: uint16(numbers[3])
        });
        for (uint256 i = 0; i < spec.inputs.length; ++i) {
            (uint32 a, uint32 b, uint32 c) = _numbers(words[3], i);
            spec.inputs[i] = InputSpec({length: a, lo: b, hi: c});
        }
        for (uint256 i = 0; i < spec.outputs.length; ++i) {
            (uint32 a, uint32 b, uint32 c) = _numbers(words[3], i + 10);
            OutputKind kind = OutputKind(a % (uint256(uint8(type(OutputKind).max)) + 1));
            spec.outputs[i] = OutputSpec({start: a, length: b, absTol: c, relTol: a ^ b, kind: kind});
        }
        assertEq(ModelId.unwrap(_harness.idOf(spec)), keccak256(abi.encode(spec)), "id");
    }

    function _numbers(bytes32 seed, uint256 i) private pure returns (uint32 a, uint32 b, uint32 c) {
        uint256 word = uint256(keccak256(abi.encode(seed, i)));
        return (uint32(word), uint32(word >> 32), uint32(word >> 64));
    }
}
