// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrialCourt} from "../../../contracts/TrialCourt.sol";
import {TrialExaminer} from "../../../contracts/TrialExaminer.sol";
import {ITensorJudge, Openings} from "../../../contracts/interfaces/ITensorJudge.sol";
import {ITrialCourt} from "../../../contracts/interfaces/ITrialCourt.sol";
import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {JudgeStub} from "../../../contracts/mocks/JudgeStub.sol";
import {AttestationRecord, Availability, CallbackPhase, Delivery, JobId, Terms} from "../../../contracts/types/Job.sol";
import {JobOptionsLib} from "../../../contracts/types/JobOptions.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "../../../contracts/types/Model.sol";
import {CaseFile, Docket, Exhibits, PlanOpening, Trees} from "../../../contracts/types/Trial.sol";
import {System, SystemTest} from "./SystemTest.sol";
import {Vm} from "./Vm.sol";

/// @notice A system with a real court whose judge rules as it is told, and one small model: a trace of two chunks, one of
/// everything else.
abstract contract TrialSystem is SystemTest {
    uint128 internal constant OPENER_BOND = 2e18;
    uint128 internal constant DEMAND_BOND = 1e18;
    uint128 internal constant VOID_PENALTY = 3e18;

    System internal _system;
    TrialCourt internal _trials;
    JudgeStub internal _judge;
    ModelSpec internal _spec;
    uint96 private _salts;

    function deployTrialSystem(address publisher) internal {
        _judge = new JudgeStub();
        uint256 nonce = vm.getNonce(address(this));
        // Token, authority, eight contracts, examiner: the court is the twelfth.
        address courtAt = vm.computeCreateAddress(address(this), nonce + 11);
        _system = deploySystemFor(courtAt);
        ITensorJudge judge = ITensorJudge(address(_judge));
        _trials = new TrialCourt(
            _system.models,
            _system.jobs,
            _system.staking,
            _system.settlement,
            judge,
            new TrialExaminer(judge),
            ITrialCourt.Settings(OPENER_BOND, DEMAND_BOND, VOID_PENALTY, 1_000e18, 100 gwei, 1e6)
        );
        assertEq(address(_trials), courtAt, "court's address");
        _spec.semanticsVersion = 1;
        _spec.planRoot = keccak256(abi.encodePacked(bytes1(0), instruction()));
        _spec.planLength = 1;
        _spec.weightsRoot = rootOf(64, leaf());
        _spec.traceLength = 128;
        _spec.inputs.push(InputSpec(64, 0xff7fffff, 0x7f7fffff));
        _spec.outputs.push(OutputSpec(0, 64, 0, 0, OutputKind.Continuous));
        _spec.onnxSha256 = bytes32(uint256(1));
        _spec.publisher = publisher;
        vm.prank(publisher);
        _system.models.register(_spec);
    }

    /// @notice MAP over 128 elements.
    function instruction() internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(3), uint8(0), uint8(0), uint40(0), uint32(0), uint40(0), uint8(1), uint32(128));
    }

    function chunk() internal pure returns (bytes memory) {
        return abi.encodePacked(uint256(1), new bytes(224));
    }

    function leaf() internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0), chunk()));
    }

    function traceTree() internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), leaf(), leaf()));
    }

    function rootOf(uint64 length, bytes32 tree) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x02), length, tree));
    }

    /// @notice Gives somebody tokens to spend on jobs and bonds, and to stake.
    function fund(address account, uint256 balance, uint256 stake) internal {
        _system.token.mint(account, balance + stake);
        vm.startPrank(account);
        _system.token.approve(address(_system.settlement), type(uint256).max);
        _system.token.approve(address(_system.staking), type(uint256).max);
        if (balance != 0) _system.settlement.deposit(account, balance);
        if (stake != 0) {
            _system.staking.deposit(stake);
            _system.staking.appointAttester(account, "");
        }
        vm.stopPrank();
    }

    /// @notice A job requested and attested; its case file has no docket yet.
    function attestedCase(
        address requester,
        address operator,
        uint128 fee,
        uint128 stakeAtRisk
    ) internal returns (CaseFile memory file, JobId jobId) {
        Terms memory terms;
        terms.requester = requester;
        terms.modelId = ModelId.wrap(keccak256(abi.encode(_spec)));
        terms.inputRoot = rootOf(64, leaf());
        (terms.fee, terms.stakeAtRisk, terms.operator) = (fee, stakeAtRisk, operator);
        // Every other input is one that only its digest is known of: whoever answered can be made to show it all the same (I34).
        bool blob = _salts % 2 == 0;
        terms.options = JobOptionsLib
            .create(
                blob ? Availability.Blob : Availability.None,
                Delivery.None,
                CallbackPhase.None,
                0,
                1 hours,
                uint40(block.timestamp + 1 hours),
                ++_salts
            )
            .withVersion(1);
        bytes memory input = blob ? abi.encodePacked(sha256(chunk())) : bytes("");
        vm.prank(requester);
        jobId = _system.jobs.request(terms, input);
        vm.prank(operator);
        _system.jobs.attest(terms, IJobRegistry.Output(rootOf(64, leaf()), 0, ""), "");
        file.terms = terms;
        file.record = AttestationRecord(rootOf(64, leaf()), 0, operator, uint64(block.timestamp + 1 hours));
    }

    /// @notice Opens a trial and reads its docket from the log.
    function openCase(CaseFile memory file, address opener) internal {
        vm.recordLogs();
        vm.prank(opener);
        _trials.open(file.terms, file.record);
        file.docket = abi.decode(_lastDataOf(ITrialCourt.TrialOpened.selector), (Docket));
    }

    function postCase(CaseFile memory file) internal {
        vm.recordLogs();
        vm.prank(file.record.operator);
        _trials.postTrace(file, _spec, Trees(leaf(), leaf(), 64, traceTree(), leaf()));
        file.exhibits = abi.decode(_lastDataOf(ITrialCourt.TracePosted.selector), (Exhibits));
    }

    function planOpening() internal pure returns (PlanOpening memory plan) {
        plan.instruction = instruction();
    }

    function nothingOpened() internal pure returns (Openings memory openings) {}

    /// @notice Everything that somebody has: wallet, ledger and stake.
    function wealthOf(address account) internal view returns (uint256) {
        return _system.token.balanceOf(account) + _system.settlement.balanceOf(account) + stakeOf(account);
    }

    function stakeOf(address account) internal view returns (uint256) {
        return
            uint256(_system.staking.stakeOf(account).free) +
            _system.staking.stakeOf(account).locked +
            _system.staking.unbondingOf(account).amount;
    }

    /// @notice Logs of a transaction of this system.
    function told(Vm.Log[] memory logs) internal virtual {}

    function _lastDataOf(bytes32 topic) private returns (bytes memory data) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        told(logs);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(_trials) && logs[i].topics[0] == topic) data = logs[i].data;
        }
    }
}
