// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ModelSpec} from "../types/Model.sol";
import {CaseFile, Finding, PlanOpening} from "../types/Trial.sol";
import {Opening, Openings} from "./ITensorJudge.sol";

/// @title What the trial court's proofs prove
/// @notice Pure. Every function has the parameters of the court's function of the same name, and so the same selector: the court
/// passes on the call it got. They return what was found, or revert with the court's error for a proof that proves nothing.
/// @dev The case file is taken as it is: that it is the trial's own is for the court to check.
interface ITrialExaminer {
    function provePadding(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata trace,
        bytes32 salt
    ) external view returns (Finding memory);

    function proveGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        uint256 element,
        Opening calldata output,
        Opening calldata trace,
        bytes32 salt
    ) external pure returns (Finding memory);

    function proveIndexGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata output,
        Openings calldata operands,
        bytes32 salt
    ) external view returns (Finding memory);

    function proveDuplicate(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        uint256 other,
        Opening calldata output,
        bytes32 salt
    ) external view returns (Finding memory);

    function proveOutOfDomain(
        CaseFile calldata file,
        ModelSpec calldata spec,
        bytes32 inputTree,
        uint256 element,
        Opening calldata input,
        bytes32 salt
    ) external pure returns (Finding memory);

    function proveMalformed(
        CaseFile calldata file,
        PlanOpening calldata previous,
        PlanOpening calldata plan,
        bytes32 salt
    ) external view returns (Finding memory);
}
