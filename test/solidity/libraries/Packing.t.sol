// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobHash} from "../../../contracts/libraries/JobHash.sol";
import {JobSlot, JobSlotLib} from "../../../contracts/libraries/JobSlot.sol";
import {
    AttestationRecord,
    Availability,
    CallbackPhase,
    Delivery,
    JobId,
    JobReason,
    JobStatus,
    Terms
} from "../../../contracts/types/Job.sol";
import {JobOptions, JobOptionsLib} from "../../../contracts/types/JobOptions.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls the libraries that read calldata.
contract PackingHarness {
    function commitsTo(JobSlot slot, AttestationRecord calldata record) external pure returns (bool) {
        return slot.commitsTo(record);
    }

    function idOf(Terms calldata terms) external view returns (JobId) {
        return JobHash.idOf(terms);
    }

    function hashOf(AttestationRecord calldata record) external pure returns (bytes32) {
        return JobHash.hashOf(record);
    }
}

/// @notice What is packed comes out again, and hashes are those of the ABI encoding.
contract PackingTest is Test {
    PackingHarness private _harness;

    function setUp() public {
        _harness = new PackingHarness();
    }

    function testFuzz_RequestedSlotRoundTrips(uint40 timestamp, uint64 blockNumber, uint32 outputLength) public pure {
        JobSlot slot = JobSlotLib.requested(timestamp, blockNumber, outputLength);
        assertEq(uint8(slot.status()), uint8(JobStatus.Requested), "status");
        assertEq(uint8(slot.reason()), uint8(JobReason.None), "reason");
        assertFalse(slot.isDelivered(), "delivered");
        assertEq(slot.requestedAt(), timestamp, "requested at");
        assertEq(slot.requestBlock(), blockNumber, "request block");
        assertEq(slot.outputLength(), outputLength, "output length");
    }

    function testFuzz_I11_MovesKeepTheCommitment(
        AttestationRecord memory record,
        bool delivered,
        uint8 status,
        uint8 reason
    ) public view {
        JobStatus newStatus = JobStatus(bound(status, 0, uint8(type(JobStatus).max)));
        JobReason newReason = JobReason(bound(reason, 0, uint8(type(JobReason).max)));
        JobSlot slot = JobSlotLib.attested(record, delivered);
        assertEq(uint8(slot.status()), uint8(JobStatus.Attested), "status");
        assertEq(slot.isDelivered(), delivered, "delivered");
        assertTrue(_harness.commitsTo(slot, record), "commits");
        // Nothing is left of a status and a reason before.
        JobSlot moved = slot.moved(JobStatus(3), JobReason(3)).moved(newStatus, newReason);
        assertEq(uint8(moved.status()), uint8(newStatus), "moved status");
        assertEq(uint8(moved.reason()), uint8(newReason), "moved reason");
        assertEq(moved.isDelivered(), delivered, "moved delivered");
        assertTrue(_harness.commitsTo(moved, record), "moved commits");
        JobSlot flipped = moved.withDelivered(!delivered);
        assertEq(flipped.isDelivered(), !delivered, "flipped");
        assertEq(uint8(flipped.status()), uint8(newStatus), "flipped status");
        assertEq(uint8(flipped.reason()), uint8(newReason), "flipped reason");
        assertTrue(_harness.commitsTo(flipped, record), "flipped commits");
    }

    function testFuzz_I17_ASlotCommitsToOneRecord(
        AttestationRecord memory record,
        uint8 field,
        uint64 change
    ) public view {
        JobSlot slot = JobSlotLib.attested(record, false);
        bytes32 word = bytes32(uint256(change) + 1);
        field %= 4;
        if (field == 0) record.outputRoot ^= word;
        if (field == 1) record.outputContent ^= word;
        if (field == 2) record.operator = address(uint160(record.operator) ^ (uint160(change) + 1));
        if (field == 3) record.challengeEnd ^= change == 0 ? 1 : change;
        assertFalse(_harness.commitsTo(slot, record), "another record");
    }

    struct Fields {
        uint8 availability;
        uint8 delivery;
        uint8 phase;
        uint32 callbackGas;
        uint32 challengeWindow;
        uint40 attestDeadline;
        uint96 salt;
        uint32 version;
    }

    function testFuzz_OptionsRoundTrip(Fields memory f) public pure {
        (f.availability, f.delivery, f.phase) = (f.availability % 3, f.delivery % 3, f.phase % 3);
        JobOptions options = JobOptionsLib
            .create(
                Availability(f.availability),
                Delivery(f.delivery),
                CallbackPhase(f.phase),
                f.callbackGas,
                f.challengeWindow,
                f.attestDeadline,
                f.salt
            )
            .withVersion(~f.version)
            .withVersion(f.version);
        assertEq(uint8(options.availability()), f.availability, "availability");
        assertEq(uint8(options.delivery()), f.delivery, "delivery");
        assertEq(uint8(options.callbackPhase()), f.phase, "phase");
        assertEq(options.callbackGas(), f.callbackGas, "gas");
        assertEq(options.challengeWindow(), f.challengeWindow, "window");
        assertEq(options.attestDeadline(), f.attestDeadline, "deadline");
        assertEq(options.salt(), f.salt, "salt");
        assertEq(options.parametersVersion(), f.version, "version");
    }

    function testFuzz_JobIdIsTheHashOfTheEncoding(Terms memory terms, uint64 chainId) public {
        vm.chainId(bound(chainId, 1, type(uint64).max - 1));
        assertEq(
            JobId.unwrap(_harness.idOf(terms)),
            keccak256(abi.encode(block.chainid, address(_harness), terms)),
            "calldata"
        );
        assertEq(
            JobId.unwrap(JobHash.idOfMemory(terms)),
            keccak256(abi.encode(block.chainid, address(this), terms)),
            "memory"
        );
    }

    function testFuzz_RecordHashIsTheHashOfTheEncoding(AttestationRecord memory record) public view {
        assertEq(_harness.hashOf(record), keccak256(abi.encode(record)), "calldata");
        assertEq(JobHash.hashOfMemory(record), keccak256(abi.encode(record)), "memory");
    }
}
