// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vectors} from "../../../contracts/interfaces/ITensorJudge.sol";
import {ITrialCourt} from "../../../contracts/interfaces/ITrialCourt.sol";
import {PlanTree} from "../../../contracts/libraries/PlanTree.sol";
import {Docket, Exhibits, PlanOpening} from "../../../contracts/types/Trial.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls what reads calldata.
contract PlanTreeHarness {
    function requireIn(PlanOpening calldata plan, Exhibits calldata exhibits) external pure {
        PlanTree.requireIn(plan, exhibits);
    }

    function vectorsOf(Docket calldata docket, Exhibits calldata exhibits) external pure returns (Vectors memory) {
        return PlanTree.vectorsOf(docket, exhibits);
    }
}

/// @notice Instructions are those of the plan, at the place that is named; the judge gets the vectors that were posted.
contract PlanTreeTest is Test {
    PlanTreeHarness private _harness;

    function setUp() public {
        _harness = new PlanTreeHarness();
    }

    /// @notice A plan of 1, 2, 3 or 4 instructions; of any index, only those in the plan with their own instruction pass.
    function test_EveryIndexHasOneInstruction() public {
        for (uint32 length = 1; length <= 4; ++length) {
            for (uint256 place = 0; place < length; ++place) {
                for (uint256 index = 0; index < 10; ++index) {
                    _check(length, place, index);
                }
            }
        }
    }

    function testFuzz_TheJudgeGetsWhatWasPosted(Docket memory docket, Exhibits memory exhibits) public view {
        Vectors memory vectors = _harness.vectorsOf(docket, exhibits);
        assertEq(vectors.inputRoot, exhibits.inputTree, "input");
        assertEq(vectors.inputLength, docket.inputLength, "input length");
        assertEq(vectors.weightsRoot, exhibits.weightsTree, "weights");
        assertEq(vectors.weightsLength, exhibits.weightsLength, "weights length");
        assertEq(vectors.traceRoot, exhibits.traceTree, "trace");
        assertEq(vectors.traceLength, exhibits.traceLength, "trace length");
    }

    /* INTERNAL */

    /// @dev Shows the instruction of `place` as that of `index`.
    function _check(uint32 length, uint256 place, uint256 index) private {
        bytes32[4] memory leaves;
        for (uint256 i = 0; i < length; ++i) leaves[i] = _leafOf(_instruction(i));
        uint256 height =
            length == 1
                ? 0
                : length == 2
                    ? 1
                    : 2;
        bytes32[] memory siblings = new bytes32[](height);
        (bytes32 left, bytes32 right) = (_nodeOf(leaves[0], leaves[1]), _nodeOf(leaves[2], leaves[3]));
        if (height > 0) siblings[0] = leaves[place ^ 1];
        if (height > 1) siblings[1] = place < 2 ? right : left;
        Exhibits memory exhibits;
        exhibits.planLength = length;
        exhibits.planRoot =
            height == 0
                ? leaves[0]
                : height == 1
                    ? left
                    : _nodeOf(left, right);
        PlanOpening memory shown = PlanOpening(index, _instruction(place), siblings);
        if (index != place) vm.expectRevert(abi.encodeWithSelector(ITrialCourt.TrialCourtNotInPlan.selector, index));
        _harness.requireIn(shown, exhibits);
    }

    function _instruction(uint256 i) private pure returns (bytes memory) {
        return abi.encodePacked("instruction", i);
    }

    function _leafOf(bytes memory content) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), content));
    }

    function _nodeOf(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
