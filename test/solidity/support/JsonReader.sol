// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "./Vm.sol";

/// @notice One object or list inside a JSON file: `JsonReader.fileAt("test/vectors/ladder.json", "$").item(3).word("seed")`.
/// @dev Integers may be JSON numbers or strings of decimal digits.
struct JsonObject {
    string json;
    string path;
}

using JsonReader for JsonObject global;

library JsonReader {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function fileAt(string memory file, string memory path) internal view returns (JsonObject memory) {
        return JsonObject(vm.readFile(file), path);
    }

    function child(JsonObject memory self, string memory field) internal pure returns (JsonObject memory) {
        return JsonObject(self.json, _key(self, field));
    }

    /// @notice Element `index` of a list.
    function item(JsonObject memory self, uint256 index) internal pure returns (JsonObject memory) {
        return JsonObject(self.json, string.concat(self.path, "[", vm.toString(index), "]"));
    }

    /// @notice How long a list is.
    function count(JsonObject memory self) internal view returns (uint256 length) {
        while (vm.keyExistsJson(self.json, self.item(length).path)) length++;
    }

    function word(JsonObject memory self, string memory field) internal pure returns (bytes32) {
        return vm.parseJsonBytes32(self.json, _key(self, field));
    }

    function integer(JsonObject memory self, string memory field) internal pure returns (uint256) {
        return vm.parseJsonUint(self.json, _key(self, field));
    }

    function account(JsonObject memory self, string memory field) internal pure returns (address) {
        return vm.parseJsonAddress(self.json, _key(self, field));
    }

    function data(JsonObject memory self, string memory field) internal pure returns (bytes memory) {
        return vm.parseJsonBytes(self.json, _key(self, field));
    }

    function flag(JsonObject memory self, string memory field) internal pure returns (bool) {
        return vm.parseJsonBool(self.json, _key(self, field));
    }

    function _key(JsonObject memory self, string memory field) private pure returns (string memory) {
        return string.concat(self.path, ".", field);
    }
}
