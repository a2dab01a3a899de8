// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, Openings, Ruling, Vectors} from "../../../contracts/interfaces/ITensorJudge.sol";
import {ChunkReader} from "../../../contracts/judge/ChunkReader.sol";
import {TensorJudge} from "../../../contracts/judge/TensorJudge.sol";
import {JsonObject, JsonReader} from "../support/JsonReader.sol";
import {Test} from "../support/Test.sol";

/// @notice The judge on the shared sample plan, and on evidence that was tampered with.
contract TensorJudgeTest is Test {
    uint256 private constant RANK = 5;
    string private constant FILE = "test/vectors/plans.json";

    TensorJudge private judge;

    function setUp() public {
        judge = new TensorJudge();
    }

    function test_ReadsTheSharedInstructions() public view {
        JsonObject memory cases = JsonReader.fileAt(FILE, "$.instructions");
        JsonObject memory plan = JsonReader.fileAt(FILE, "$.plan");
        uint256 inputLength = plan.integer("inputLength");
        uint256 weightsLength = plan.integer("weightsLength");
        uint256 count = cases.count();
        assertTrue(count > 0, "no instructions");
        for (uint256 i = 0; i < count; ++i) {
            JsonObject memory entry = cases.item(i);
            bytes memory instruction = entry.data("instruction");
            (uint256 start, uint256 size) = judge.header(instruction);
            assertEq(start, entry.integer("start"), "start");
            assertEq(size, entry.integer("size"), "size");
            assertEq(judge.malformation(instruction, inputLength, weightsLength), entry.integer("reason"), "reason");
        }
    }

    function test_RulesOnTheSharedElements() public view {
        uint256 count = JsonReader.fileAt(FILE, "$.rulings").count();
        assertTrue(count > 0, "no rulings");
        for (uint256 i = 0; i < count; ++i) {
            (bytes memory instruction, Vectors memory vectors, Openings memory openings) = _evidence(i);
            JsonObject memory entry = JsonReader.fileAt(FILE, "$.rulings").item(i);
            Ruling memory ruling = judge.judge(instruction, vectors, entry.integer("element"), openings);
            assertEq(ruling.wrong, entry.flag("wrong"), "wrong");
            assertEq(ruling.outOfRange, entry.flag("outOfRange"), "out of range");
            assertEq(ruling.claimed, entry.integer("claimed"), "claimed");
            if (uint8(instruction[0]) != RANK) assertEq(ruling.canonical, entry.integer("canonical"), "canonical");
        }
    }

    /// @notice Whatever is changed in what is shown, the judge refuses it: there is one opening of a chunk.
    function testFuzz_RefusesTamperedEvidence(uint256 place, uint8 change, uint8 which) public {
        (bytes memory instruction, Vectors memory vectors, Openings memory openings) = _evidence(0);
        uint256 element = JsonReader.fileAt(FILE, "$.rulings[0]").integer("element");
        Opening memory opening =
            which % 3 == 0
                ? openings.input
                : which % 3 == 1
                    ? openings.weights
                    : openings.trace;
        if (change == 0) change = 1;
        uint256 all = opening.chunks.length + opening.siblings.length;
        place %= all;
        if (place < opening.chunks.length) {
            opening.chunks[place] ^= bytes1(change);
        } else {
            opening.siblings[place - opening.chunks.length] ^= bytes32(uint256(change));
        }
        vm.expectPartialRevert(ChunkReader.ChunkReaderRoot.selector);
        judge.judge(instruction, vectors, element, openings);
    }

    function _evidence(
        uint256 i
    ) private view returns (bytes memory, Vectors memory vectors, Openings memory openings) {
        JsonObject memory plan = JsonReader.fileAt(FILE, "$.plan");
        JsonObject memory entry = JsonReader.fileAt(FILE, "$.rulings").item(i);
        vectors = Vectors({
            inputRoot: entry.word("inputRoot"),
            inputLength: uint64(plan.integer("inputLength")),
            weightsRoot: entry.word("weightsRoot"),
            weightsLength: uint64(plan.integer("weightsLength")),
            traceRoot: entry.word("traceRoot"),
            traceLength: uint64(plan.integer("traceLength"))
        });
        JsonObject memory shown = entry.child("openings");
        openings = Openings(
            _opening(shown.child("input")),
            _opening(shown.child("weights")),
            _opening(shown.child("trace"))
        );
        JsonObject memory instructions = JsonReader.fileAt(FILE, "$.instructions");
        return (instructions.item(entry.integer("instruction")).data("instruction"), vectors, openings);
    }

    function _opening(JsonObject memory shown) private view returns (Opening memory opening) {
        opening.ranges = shown.data("ranges");
        opening.chunks = shown.data("chunks");
        opening.siblings = new bytes32[](shown.child("siblings").count());
        for (uint256 i = 0; i < opening.siblings.length; ++i) {
            opening.siblings[i] = shown.word(string.concat("siblings[", vm.toString(i), "]"));
        }
    }
}
