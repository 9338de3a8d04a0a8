// Every command of edgelane, in one table: the dispatcher, --help and completion read it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "edge/cli/arguments.h"

namespace edge::cli {

const std::vector<Command>& commands();

// The table's rows, each in the source of its command.
Command run_command();
Command list_command();
Command invoke_command();
Command state_get_command();
Command state_set_command();
Command state_delete_command();
Command state_bulk_command();
Command secret_set_command();
Command secret_get_command();
Command secret_list_command();
Command secret_delete_command();
Command secret_rotate_key_command();
Command publish_command();
Command subscribe_command();
Command config_get_command();
Command config_set_command();
Command config_delete_command();
Command config_import_command();
Command config_history_command();
Command config_rollback_command();
Command config_watch_command();
Command lane_show_command();
Command lane_set_command();
Command lane_history_command();
Command lane_tag_command();
Command sync_status_command();
Command outbox_command();
Command status_command();
Command top_command();
Command logs_command();
Command version_command();
Command completion_command();

// What --help prints: of everything, of the commands that begin with `prefix`, of one command.
std::string overview_text(std::string_view prefix = "");
std::string help_text(const Command& command);

// Runs the command that the words name and gives the exit code. Errors are printed.
int dispatch(std::span<const std::string> words);

}  // namespace edge::cli
