// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobHash} from "../../contracts/libraries/JobHash.sol";
import {SortitionLadder} from "../../contracts/libraries/SortitionLadder.sol";
import {
    APPOINTMENT_TYPEHASH,
    ATTESTATION_TYPEHASH,
    Attestation,
    OFFER_TYPEHASH,
    Offer
} from "../../contracts/types/Attestation.sol";
import {AttestationRecord, Availability, CallbackPhase, Delivery, JobId, Terms} from "../../contracts/types/Job.sol";
import {JobOptionsLib} from "../../contracts/types/JobOptions.sol";
import {InputSpec, ModelId, ModelSpec, OutputKind, OutputSpec} from "../../contracts/types/Model.sol";
import {JsonObject, JsonReader} from "./support/JsonReader.sol";
import {Test} from "./support/Test.sol";

/// @notice Hashes the way `JobRegistry` does, from calldata and from memory; put at a registry's address.
contract JobHashHarness {
    function idsOf(Terms calldata terms) external view returns (JobId fromCalldata, JobId fromMemory) {
        return (JobHash.idOf(terms), JobHash.idOfMemory(terms));
    }

    function hashesOf(AttestationRecord calldata record) external pure returns (bytes32, bytes32) {
        return (JobHash.hashOf(record), JobHash.hashOfMemory(record));
    }
}

/// @notice The shared vectors that TypeScript wrote, recomputed from the contracts' own types.
contract VectorsTest is Test {
    function test_JobIdsAndRecordHashes() public {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/job-ids.json", "$");
        uint256 count = cases.count();
        assertGe(count, 8, "cases");
        bytes memory code = address(new JobHashHarness()).code;
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            JobHashHarness registry = JobHashHarness(entry.account("registry"));
            vm.etch(address(registry), code);
            vm.chainId(entry.integer("chainId"));
            _jobId(registry, entry);
            _recordHash(registry, entry);
        }
    }

    function _jobId(JobHashHarness registry, JsonObject memory entry) private view {
        Terms memory terms = _terms(entry.child("terms"));
        bytes32 expected = entry.word("jobId");
        assertEq(keccak256(abi.encode(block.chainid, address(registry), terms)), expected, "job id");
        (JobId fromCalldata, JobId fromMemory) = registry.idsOf(terms);
        assertEq(JobId.unwrap(fromCalldata), expected, "job id of calldata");
        assertEq(JobId.unwrap(fromMemory), expected, "job id of memory");
    }

    function _recordHash(JobHashHarness registry, JsonObject memory entry) private pure {
        JsonObject memory json = entry.child("record");
        AttestationRecord memory record = AttestationRecord({
            outputRoot: json.word("outputRoot"),
            outputContent: json.word("outputContent"),
            operator: json.account("operator"),
            challengeEnd: uint64(json.integer("challengeEnd"))
        });
        bytes32 expected = entry.word("recordHash");
        assertEq(keccak256(abi.encode(record)), expected, "record hash");
        (bytes32 fromCalldata, bytes32 fromMemory) = registry.hashesOf(record);
        assertEq(fromCalldata, expected, "record hash of calldata");
        assertEq(fromMemory, expected, "record hash of memory");
    }

    function test_ModelIds() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/model-ids.json", "$");
        uint256 count = cases.count();
        assertGe(count, 4, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            ModelSpec memory spec = _spec(entry.child("spec"));
            assertEq(keccak256(abi.encode(spec)), entry.word("modelId"), "model id");
            assertEq(spec.planRoot != 0, entry.flag("triable"), "triable");
        }
    }

    function test_AttestationDigestsAndSigners() public view {
        (JsonObject memory file, bytes32 domain) = _domain("Remit JobRegistry", "jobRegistry");
        JsonObject memory cases = file.child("attestations");
        uint256 count = cases.count();
        assertGe(count, 3, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory value = cases.item(i).child("value");
            Attestation memory attestation = Attestation({
                jobId: JobId.wrap(value.word("jobId")),
                outputRoot: value.word("outputRoot"),
                outputContent: value.word("outputContent"),
                operator: value.account("operator")
            });
            _signed(cases.item(i), domain, keccak256(abi.encode(ATTESTATION_TYPEHASH, attestation)));
        }
    }

    function test_OfferDigestsAndSigners() public view {
        (JsonObject memory file, bytes32 domain) = _domain("Remit JobRegistry", "jobRegistry");
        JsonObject memory cases = file.child("offers");
        uint256 count = cases.count();
        assertGe(count, 3, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory value = cases.item(i).child("value");
            Offer memory offer = Offer({
                jobId: JobId.wrap(value.word("jobId")),
                penalty: uint128(value.integer("penalty")),
                expiry: uint64(value.integer("expiry"))
            });
            _signed(cases.item(i), domain, keccak256(abi.encode(OFFER_TYPEHASH, offer)));
        }
    }

    function test_AppointmentDigestsAndSigners() public view {
        (JsonObject memory file, bytes32 domain) = _domain("Remit OperatorStaking", "operatorStaking");
        JsonObject memory cases = file.child("appointments");
        uint256 count = cases.count();
        assertGe(count, 3, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory value = cases.item(i).child("value");
            bytes32 structHash = keccak256(
                abi.encode(APPOINTMENT_TYPEHASH, value.account("operator"), value.account("attester"))
            );
            _signed(cases.item(i), domain, structHash);
        }
    }

    function test_Ladder() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/ladder.json", "$");
        uint256 count = cases.count();
        assertGe(count, 16, "cases");
        for (uint256 i = 0; i < count; i++) {
            JsonObject memory entry = cases.item(i);
            JsonObject memory steps = entry.child("steps");
            uint256 stepCount = steps.count();
            assertGe(stepCount, 9, "steps");
            for (uint256 j = 0; j < stepCount; j++) {
                JsonObject memory rung = steps.item(j);
                string memory name = string.concat("case ", vm.toString(i), ", step ", vm.toString(j));
                assertEq(_eligible(entry, rung.integer("doublings")), rung.flag("eligible"), name);
            }
            uint256 from = entry.integer("eligibleFrom");
            uint256 requestedAt = entry.integer("requestedAt");
            uint256 step = entry.integer("step");
            if (from == 0) {
                assertFalse(_eligible(entry, SortitionLadder.stepAt(type(uint40).max, step)), "never");
            } else {
                assertTrue(_eligible(entry, SortitionLadder.stepAt(from - requestedAt, step)), "from");
                if (from > requestedAt) {
                    assertFalse(_eligible(entry, SortitionLadder.stepAt(from - requestedAt - 1, step)), "before");
                }
            }
        }
    }

    function test_ContentDigests() public view {
        JsonObject memory cases = JsonReader.fileAt("test/vectors/content-ids.json", "$");
        uint256 count = cases.count();
        assertGe(count, 6, "cases");
        for (uint256 i = 0; i < count; i++) {
            assertEq(sha256(cases.item(i).data("bytes")), cases.item(i).word("sha256"), "sha2-256");
        }
    }

    function _eligible(JsonObject memory entry, uint256 step) private pure returns (bool) {
        return
            SortitionLadder.isEligible(
                JobId.wrap(entry.word("jobId")),
                entry.word("nextBlockHash"),
                entry.account("operator"),
                entry.integer("stake"),
                entry.integer("totalStake"),
                entry.integer("width"),
                step
            );
    }

    function _domain(
        string memory name,
        string memory verifier
    ) private view returns (JsonObject memory file, bytes32 separator) {
        file = JsonReader.fileAt("test/vectors/eip712.json", "$");
        separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                file.integer("chainId"),
                file.account(verifier)
            )
        );
    }

    function _signed(JsonObject memory entry, bytes32 domain, bytes32 structHash) private pure {
        assertEq(domain, entry.word("domainSeparator"), "domain separator");
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        assertEq(digest, entry.word("digest"), "digest");
        uint256 privateKey = uint256(entry.word("privateKey"));
        assertEq(vm.addr(privateKey), entry.account("signer"), "signer");
        assertEq(signatureOf(privateKey, digest), entry.data("signature"), "signature");
        (bytes32 r, bytes32 s, uint8 v) = _split(entry.data("signature"));
        assertEq(ecrecover(digest, v, r, s), entry.account("signer"), "recovered");
    }

    function _split(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assertEq(signature.length, 65, "signature length");
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }

    function _terms(JsonObject memory json) private pure returns (Terms memory terms) {
        terms.requester = json.account("requester");
        terms.modelId = ModelId.wrap(json.word("modelId"));
        terms.inputRoot = json.word("inputRoot");
        terms.fee = uint128(json.integer("fee"));
        terms.stakeAtRisk = uint128(json.integer("stakeAtRisk"));
        terms.operator = json.account("operator");
        terms.offerPenalty = uint128(json.integer("offerPenalty"));
        terms.callbackTarget = json.account("callbackTarget");
        terms.policy = json.account("policy");
        terms.options = JobOptionsLib
            .create(
                Availability(json.integer("availability")),
                Delivery(json.integer("delivery")),
                CallbackPhase(json.integer("callbackPhase")),
                uint32(json.integer("callbackGas")),
                uint32(json.integer("challengeWindow")),
                uint40(json.integer("attestDeadline")),
                uint96(json.integer("salt"))
            )
            .withVersion(json.integer("parametersVersion"));
    }

    function _spec(JsonObject memory json) private view returns (ModelSpec memory spec) {
        spec.semanticsVersion = uint32(json.integer("semanticsVersion"));
        spec.planRoot = json.word("planRoot");
        spec.planLength = uint32(json.integer("planLength"));
        spec.weightsRoot = json.word("weightsRoot");
        spec.traceLength = uint64(json.integer("traceLength"));
        spec.inputs = _inputs(json.child("inputs"));
        spec.outputs = _outputs(json.child("outputs"));
        spec.onnxSha256 = json.word("onnxSha256");
        spec.publisher = json.account("publisher");
        spec.publisherFeeBps = uint16(json.integer("publisherFeeBps"));
    }

    function _inputs(JsonObject memory list) private view returns (InputSpec[] memory inputs) {
        inputs = new InputSpec[](list.count());
        for (uint256 i = 0; i < inputs.length; i++) {
            JsonObject memory input = list.item(i);
            inputs[i].length = uint64(input.integer("length"));
            inputs[i].lo = uint32(input.integer("lo"));
            inputs[i].hi = uint32(input.integer("hi"));
        }
    }

    function _outputs(JsonObject memory list) private view returns (OutputSpec[] memory outputs) {
        outputs = new OutputSpec[](list.count());
        for (uint256 i = 0; i < outputs.length; i++) {
            JsonObject memory output = list.item(i);
            outputs[i].start = uint64(output.integer("start"));
            outputs[i].length = uint64(output.integer("length"));
            outputs[i].absTol = uint32(output.integer("absTol"));
            outputs[i].relTol = uint32(output.integer("relTol"));
            outputs[i].kind = OutputKind(output.integer("kind"));
        }
    }
}
