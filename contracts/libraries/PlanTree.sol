// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITrialCourt} from "../interfaces/ITrialCourt.sol";
import {Vectors} from "../interfaces/ITensorJudge.sol";
import {Docket, Exhibits, PlanOpening} from "../types/Trial.sol";
import {MerkleTree} from "./MerkleTree.sol";

/// @notice The plan as a trial sees it: a root, and instructions shown against it.
library PlanTree {
    /// @notice Reverts unless the instruction is the plan's at that index.
    function requireIn(PlanOpening calldata plan, Exhibits calldata exhibits) internal pure {
        if (
            plan.index >= exhibits.planLength ||
            plan.siblings.length != MerkleTree.heightOf(exhibits.planLength) ||
            MerkleTree.climb(MerkleTree.leafOf(plan.instruction), plan.index, plan.siblings) != exhibits.planRoot
        ) revert ITrialCourt.TrialCourtNotInPlan(plan.index);
    }

    /// @notice The committed vectors, as the judge takes them.
    function vectorsOf(Docket calldata docket, Exhibits calldata exhibits) internal pure returns (Vectors memory) {
        return
            Vectors({
                inputRoot: exhibits.inputTree,
                inputLength: docket.inputLength,
                weightsRoot: exhibits.weightsTree,
                weightsLength: exhibits.weightsLength,
                traceRoot: exhibits.traceTree,
                traceLength: exhibits.traceLength
            });
    }
}
