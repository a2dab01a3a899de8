// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITensorJudge, Opening, Openings} from "./interfaces/ITensorJudge.sol";
import {ITrialCourt} from "./interfaces/ITrialCourt.sol";
import {ITrialExaminer} from "./interfaces/ITrialExaminer.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {ModelHash} from "./libraries/ModelHash.sol";
import {PlanTree} from "./libraries/PlanTree.sol";
import {RankingInstruction} from "./libraries/RankingInstruction.sol";
import {Tolerance} from "./libraries/Tolerance.sol";
import {VectorOpening} from "./libraries/VectorOpening.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "./types/Model.sol";
import {CaseFile, Exhibits, Finding, Ground, PlanOpening, Space} from "./types/Trial.sol";

/// @notice See `ITrialExaminer`.
contract TrialExaminer is ITrialExaminer {
    using MerkleTree for uint256;
    using PlanTree for PlanOpening;
    using RankingInstruction for bytes;
    using VectorOpening for Opening;

    uint256 private constant ALIGNMENT = 64;

    ITensorJudge public immutable tensorJudge;

    constructor(ITensorJudge tensorJudge_) {
        tensorJudge = tensorJudge_;
    }

    /* THE TRACE AND THE PLAN */

    function provePadding(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata trace,
        bytes32
    ) external view returns (Finding memory) {
        Exhibits calldata exhibits = file.exhibits;
        uint256 length = exhibits.traceLength;
        if (element >= length) {
            if (element >> uint256(length).heightOfVector() >= ALIGNMENT) {
                revert ITrialCourt.TrialCourtElementOutOfRange(element);
            }
        } else {
            plan.requireIn(exhibits);
            (uint256 start, uint256 size) = tensorJudge.header(plan.instruction);
            if (element < start + size || element >= _aligned(start + size)) {
                revert ITrialCourt.TrialCourtElementOutOfRange(element);
            }
        }
        trace.verify(exhibits.traceTree, length);
        return _found(Finding(Ground.NonZeroPadding, element, trace.elementOf(element), 0));
    }

    function proveMalformed(
        CaseFile calldata file,
        PlanOpening calldata previous,
        PlanOpening calldata plan,
        bytes32
    ) external view returns (Finding memory) {
        Exhibits calldata exhibits = file.exhibits;
        plan.requireIn(exhibits);
        uint32 reason = tensorJudge.malformation(plan.instruction, file.docket.inputLength, exhibits.weightsLength);
        if (reason == 0 && _breaksChain(exhibits, previous, plan)) reason = type(uint32).max;
        return _found(Finding(Ground.MalformedPlan, plan.index, reason, 0));
    }

    /// @dev Whether a well-formed instruction does not begin where its predecessor ends, or does not end with the trace.
    function _breaksChain(
        Exhibits calldata exhibits,
        PlanOpening calldata previous,
        PlanOpening calldata plan
    ) private view returns (bool) {
        (uint256 start, uint256 size) = tensorJudge.header(plan.instruction);
        if (plan.index + 1 == exhibits.planLength && start + size != exhibits.traceLength) return true;
        if (plan.index == 0) return start != 0;
        if (previous.instruction.length == 0) return false;
        previous.requireIn(exhibits);
        if (previous.index + 1 != plan.index) revert ITrialCourt.TrialCourtNotInPlan(previous.index);
        (uint256 before, uint256 sizeBefore) = tensorJudge.header(previous.instruction);
        return start != _aligned(before + sizeBefore);
    }

    /* THE ANSWER */

    function proveGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        uint256 element,
        Opening calldata output,
        Opening calldata trace,
        bytes32
    ) external pure returns (Finding memory) {
        (OutputSpec calldata judged, uint256 place) = _outputAt(file, spec, element);
        uint32 claimed = _answer(file, output, element);
        trace.verify(file.exhibits.traceTree, file.exhibits.traceLength);
        uint32 canonical = trace.elementOf(place);
        if (judged.kind == OutputKind.Integer) {
            Ground ground = _groundOf(Tolerance.ofCounts(claimed, canonical, judged.absTol));
            return _found(Finding(ground, element, claimed, canonical));
        }
        if (judged.kind != OutputKind.Continuous) revert ITrialCourt.TrialCourtWrongKind(element);
        (claimed, canonical) = (Tolerance.canonicalBits(claimed), Tolerance.canonicalBits(canonical));
        return _found(Finding(_floatGround(claimed, canonical, judged), element, claimed, canonical));
    }

    function proveIndexGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata output,
        Openings calldata operands,
        bytes32
    ) external view returns (Finding memory) {
        (OutputSpec calldata judged, uint256 place) = _rankedAt(file, spec, plan, element);
        operands.trace.verify(file.exhibits.traceTree, file.exhibits.traceLength);
        Finding memory finding = Finding(
            Ground.None,
            element,
            _answer(file, output, element),
            operands.trace.elementOf(place)
        );
        _gradeIndex(finding, file, plan, judged, place, operands);
        return _found(finding);
    }

    /// @dev By what both indices point at.
    function _gradeIndex(
        Finding memory finding,
        CaseFile calldata file,
        PlanOpening calldata plan,
        OutputSpec calldata judged,
        uint256 place,
        Openings calldata operands
    ) private view {
        if (finding.claimed == finding.canonical) return;
        (uint256 size, bool integers) = plan.instruction.window();
        if (finding.claimed >= size) {
            // An index that points at nothing is as far away as can be.
            finding.ground = Ground.WideGap;
            return;
        }
        uint32 claimed = _operand(file, plan, place, finding.claimed, operands);
        uint32 canonical = _operand(file, plan, place, finding.canonical, operands);
        finding.ground =
            integers
                ? _groundOf(Tolerance.ofIntegers(claimed, canonical, judged.absTol, judged.relTol))
                : _floatGround(claimed, canonical, judged);
    }

    function proveDuplicate(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        uint256 other,
        Opening calldata output,
        bytes32
    ) external view returns (Finding memory) {
        (, uint256 place) = _rankedAt(file, spec, plan, element);
        (, uint256 otherPlace) = _outputAt(file, spec, other);
        if (!plan.instruction.sameRanking(place, otherPlace)) revert ITrialCourt.TrialCourtWrongKind(other);
        uint32 claimed = _answer(file, output, element);
        Ground ground = claimed == output.elementOf(other) ? Ground.DuplicateIndex : Ground.None;
        return _found(Finding(ground, element, claimed, 0));
    }

    /* THE INPUT */

    function proveOutOfDomain(
        CaseFile calldata file,
        ModelSpec calldata spec,
        bytes32 inputTree,
        uint256 element,
        Opening calldata input,
        bytes32
    ) external pure returns (Finding memory) {
        _requireModel(file, spec);
        uint32 length = file.docket.inputLength;
        bytes32 root = MerkleTree.vectorRootOf(length, inputTree);
        if (root != file.terms.inputRoot) revert ITrialCourt.TrialCourtTreeMismatch(Space.Input, root);
        InputSpec calldata domain = _inputAt(spec.inputs, element);
        input.verify(inputTree, length);
        uint32 bits = input.elementOf(element);
        return _found(Finding(_isIn(domain, bits) ? Ground.None : Ground.OutOfDomain, element, bits, 0));
    }

    /// @dev A bound that is no float32 number, a NaN, makes the domain one of int32.
    function _isIn(InputSpec calldata domain, uint32 bits) private pure returns (bool) {
        (uint32 lo, uint32 hi) = (domain.lo, domain.hi);
        if (Tolerance.isNaN(lo) || Tolerance.isNaN(hi)) {
            return int32(bits) >= int32(lo) && int32(bits) <= int32(hi);
        }
        if (!Tolerance.isFinite(bits)) return false;
        return Tolerance.order(bits) >= Tolerance.order(lo) && Tolerance.order(bits) <= Tolerance.order(hi);
    }

    /* INTERNAL */

    function _requireModel(CaseFile calldata file, ModelSpec calldata spec) private pure {
        ModelId id = ModelHash.idOf(spec);
        if (!(id == file.terms.modelId)) {
            revert ITrialCourt.TrialCourtModelMismatch(file.terms.modelId, ModelId.unwrap(id));
        }
    }

    /// @dev The output that an element of the answer belongs to, and the element's place in the trace.
    function _outputAt(
        CaseFile calldata file,
        ModelSpec calldata spec,
        uint256 element
    ) private pure returns (OutputSpec calldata judged, uint256 place) {
        _requireModel(file, spec);
        uint256 end = 0;
        for (uint256 i = 0; i < spec.outputs.length; ++i) {
            judged = spec.outputs[i];
            uint256 start = _aligned(end);
            end = start + judged.length;
            if (element >= start && element < end) return (judged, judged.start + element - start);
        }
        revert ITrialCourt.TrialCourtElementOutOfRange(element);
    }

    /// @dev The same of an output of indices, and that `plan` is the instruction which ranks.
    function _rankedAt(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element
    ) private view returns (OutputSpec calldata judged, uint256 place) {
        (judged, place) = _outputAt(file, spec, element);
        plan.requireIn(file.exhibits);
        (uint256 start, uint256 size) = tensorJudge.header(plan.instruction);
        bool writesIt = place >= start && place < start + size;
        if (judged.kind != OutputKind.Index || !writesIt || !plan.instruction.isRanking()) {
            revert ITrialCourt.TrialCourtWrongKind(element);
        }
    }

    function _inputAt(InputSpec[] calldata inputs, uint256 element) private pure returns (InputSpec calldata domain) {
        uint256 end = 0;
        for (uint256 i = 0; i < inputs.length; ++i) {
            domain = inputs[i];
            uint256 start = _aligned(end);
            end = start + domain.length;
            if (element >= start && element < end) return domain;
        }
        revert ITrialCourt.TrialCourtElementOutOfRange(element);
    }

    function _answer(CaseFile calldata file, Opening calldata output, uint256 element) private pure returns (uint32) {
        output.verify(file.exhibits.outputTree, file.docket.outputLength);
        return output.elementOf(element);
    }

    function _operand(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 place,
        uint256 k,
        Openings calldata operands
    ) private view returns (uint32 bits) {
        bits = tensorJudge.operandAt(
            plan.instruction,
            PlanTree.vectorsOf(file.docket, file.exhibits),
            place,
            0,
            k,
            operands
        );
    }

    function _floatGround(uint32 claimed, uint32 canonical, OutputSpec calldata judged) private pure returns (Ground) {
        // The same pattern is no gap, whatever it is: whoever answers with the canonical numbers is safe.
        if (claimed == canonical) return Ground.None;
        if (!Tolerance.isFinite(canonical)) return Ground.NotComparable;
        if (!Tolerance.isFinite(claimed)) return Ground.WideGap;
        return _groundOf(Tolerance.ofFloats(claimed, canonical, judged.absTol, judged.relTol));
    }

    function _groundOf(Tolerance.Distance distance) private pure returns (Ground) {
        if (distance == Tolerance.Distance.Within) return Ground.None;
        return distance == Tolerance.Distance.Beyond ? Ground.NarrowGap : Ground.WideGap;
    }

    /// @dev The finding, unless nothing was found: no ground, or padding and malformations of 0.
    function _found(Finding memory finding) private pure returns (Finding memory) {
        Ground ground = finding.ground;
        bool nothing =
            ground == Ground.None ||
                (finding.claimed == 0 && (ground == Ground.NonZeroPadding || ground == Ground.MalformedPlan));
        if (nothing) revert ITrialCourt.TrialCourtNotProven(finding.element, finding.claimed, finding.canonical);
        return finding;
    }

    function _aligned(uint256 length) private pure returns (uint256) {
        return ((length + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
    }
}
